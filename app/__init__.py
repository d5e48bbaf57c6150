"""Conforme: business documents sent, answered and paid.

One folder per noun; in each, the same few names: `router` (HTTP), a verb module
(`service` or gerunds), `queries`, `models`, `schemas`, `events`. A request goes
router → verb → query → model and comes up the same way; what happened (events)
and what must happen next (jobs) are rows of the same transaction.

Glossary
    organization   the company that uses the product; everything belongs to one
    letterhead     who issues: the organization's own, or one of its issuer profiles
    contact        whom it deals with, in one or more roles
    document       a quote, delivery note, proforma or invoice
    revision       an issued, frozen state of a document
    dispatch       one act of sending one revision; it has recipients
    template       an organization's own words for a kind of letter
    recipient      one address, one message, one link
    decision       what the client answered to a revision
    payment        money for a document; an intent until it has come in
    journal        one movement of money, booked once; what was paid is their sum
    transfer       money wired by a client; unmatched until somebody says which document it pays
    dispute        a card payment that the payer's bank took back
    event          a recorded fact
    notice         a staff alert awaiting review
    hook           a provider calling us, a hint of where to look
    audit entry    one administrative change, by whom
    actor          who acts: a user, an API key, a client behind a link, the system
"""
