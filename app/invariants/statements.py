"""The checks that are one statement: every row they give is a violation in words."""

FROZEN = """
select format('document %s, revision %s: the PDF is not its hash''s', document_id, revision)
from document_pdfs
where organization_id = :organization_id and encode(sha256(content), 'hex') <> sha256
union all
select format('document %s: its PDF hash is of no stored PDF', d.id)
from documents d
where d.organization_id = :organization_id and d.pdf_state = 'ready'
  and not exists (select from document_pdfs p
                  where p.organization_id = d.organization_id and p.document_id = d.id
                    and p.revision = d.revision and p.sha256 = d.pdf_sha256)
union all
select format('document %s: its figures are not its revision''s', d.id)
from documents d
join document_revisions r on r.organization_id = d.organization_id
  and r.document_id = d.id and r.number = d.revision
where d.organization_id = :organization_id
  and (d.total_minor, d.payable_minor, d.issue_date, d.currency, d.contact_id)
      is distinct from (r.total_minor, r.payable_minor, r.issue_date, r.currency, r.contact_id)
"""

DECISIONS = """
with told as (
  select document_id, revision, sequence, kind,
         row_number() over w as place,
         lag(kind) over w as before,
         lead(kind) over w as after
  from decisions where organization_id = :organization_id
  window w as (partition by document_id, revision order by sequence)
)
select format('document %s, revision %s: a decision is missing before number %s',
              document_id, revision, sequence)
from told where place <> sequence
union all
select format('document %s, revision %s: %s cannot follow %s',
              document_id, revision, kind, coalesce(before, 'nothing'))
from told
where kind = before or (kind = 'rejected' and before = 'accepted')
   or (kind = 'withdrawn' and before is null)
union all
select format('document %s: %s, but its last decision says otherwise', d.id, d.decision)
from documents d
left join told t on t.document_id = d.id and t.revision = d.revision and t.after is null
where d.organization_id = :organization_id
  and d.decision <> case coalesce(t.kind, 'withdrawn')
                    when 'withdrawn' then 'pending' else t.kind end
"""

ANSWERS = """
with answers as (
  select document_id, kind, count(*) as n from decisions
  where organization_id = :organization_id and kind in ('accepted', 'rejected')
  group by document_id, kind
), facts as (
  select document_id, split_part(kind, '.', 2) as kind, count(*) as n from events
  where organization_id = :organization_id and kind in ('document.accepted', 'document.rejected')
  group by document_id, kind
)
select format('document %s: %s decisions %s, events %s',
              document_id, coalesce(a.n, 0), kind, coalesce(f.n, 0))
from answers a full join facts f using (document_id, kind)
where a.n is distinct from f.n
"""

PROMISES = """
select format('the reply to key %s promises %s, which is not there',
              r.key, r.headers->>'location')
from idempotent_replies r
where r.organization_id = :organization_id
  and r.headers->>'location' ~ '^/v1/dispatches/[0-9a-f-]{36}$'
  and not exists (select from dispatches d
                  where d.organization_id = r.organization_id
                    and d.id = split_part(r.headers->>'location', '/', 4)::uuid)
union all
select format('recipient %s waits, and its message is gone', r.id)
from dispatch_recipients r
join dispatches d on d.organization_id = r.organization_id and d.id = r.dispatch_id
where r.organization_id = :organization_id and d.channel = 'email'
  and r.queue_state in ('ready', 'leased')
  and r.sealed_mime is null and r.sealed_token is null
union all
select format('dispatch %s has no recipient', d.id)
from dispatches d
where d.organization_id = :organization_id and d.channel = 'email'
  and not exists (select from dispatch_recipients r
                  where r.organization_id = d.organization_id and r.dispatch_id = d.id)
"""

KEYS = """
select format('%s keys answered with %s', count(*), headers->>'location')
from idempotent_replies
where organization_id = :organization_id and status = 201 and headers->>'location' is not null
group by headers->>'location' having count(*) > 1
"""

PAID = """
with booked as (
  select e.document_id,
         -coalesce(sum(e.amount_minor) filter (where j.kind <> 'refund'), 0) as collected,
         coalesce(sum(e.amount_minor) filter (where j.kind = 'refund'), 0) as refunded
  from ledger_entries e
  join journals j on j.organization_id = e.organization_id and j.id = e.journal_id
  join documents o on o.organization_id = e.organization_id and o.id = e.document_id
  where e.organization_id = :organization_id
    and (e.contact_id is null or e.contact_id = o.contact_id)
  group by e.document_id
)
select format('document %s: paid %s, the ledger says %s',
              d.id, d.paid_minor, coalesce(b.collected - b.refunded, 0))
from documents d left join booked b on b.document_id = d.id
where d.organization_id = :organization_id
  and d.paid_minor <> coalesce(b.collected - b.refunded, 0)
union all
select format('document %s: paid %s of %s, and nobody was asked to look',
              d.id, d.paid_minor, d.payable_minor)
from documents d
where d.organization_id = :organization_id and d.paid_minor > greatest(d.payable_minor, 0)
  and not exists (select from payments p
                  where p.organization_id = d.organization_id and p.document_id = d.id
                    and p.review_reason is not null)
  and not d.is_corrected and d.correction is null
union all
select format('document %s: %s is kept as credit, %s was paid beyond its sum',
              d.id, coalesce(c.minor, 0), greatest(d.paid_minor - greatest(d.payable_minor, 0), 0))
from documents d
left join (select e.document_id, -sum(e.amount_minor) as minor from ledger_entries e
           join documents o on o.organization_id = e.organization_id and o.id = e.document_id
           where e.organization_id = :organization_id and e.account = 'credit'
             and e.contact_id = o.contact_id
           group by e.document_id) c on c.document_id = d.id
where d.organization_id = :organization_id
  and coalesce(c.minor, 0) <> greatest(d.paid_minor - greatest(d.payable_minor, 0), 0)
union all
select format('contact %s: credit of document %s was spent twice', e.contact_id, e.document_id)
from ledger_entries e
where e.organization_id = :organization_id and e.account = 'credit'
group by e.contact_id, e.document_id having sum(e.amount_minor) > 0
union all
select format('payment %s succeeded, and is not booked', p.id)
from payments p
where p.organization_id = :organization_id and p.state = 'succeeded'
  and not exists (select from journals j
                  where j.organization_id = p.organization_id and j.payment_id = p.id
                    and j.kind = 'collection')
union all
select format('payment %s: more was given back than came in', p.id)
from payments p
where p.organization_id = :organization_id
  and p.amount_minor < (select coalesce(sum(r.amount_minor), 0) from refunds r
                        where r.organization_id = p.organization_id and r.payment_id = p.id
                          and r.state <> 'failed')
"""

LINKS = """
with linked as (
  select provider_id, 'payment' as what, id from payments
  where organization_id = :organization_id and provider_id is not null
  union all
  select provider_id, 'transfer', id from unmatched_transfers
  where organization_id = :organization_id and payment_id is null
  union all
  select provider_id, 'refund', id from refunds
  where organization_id = :organization_id and provider_id is not null
  union all
  select provider_id, 'payout', id from payouts
  where organization_id = :organization_id and provider_id is not null
  union all
  select provider_id, 'dispute', id from disputes where organization_id = :organization_id
  union all
  select won_provider_id, 'dispute', id from disputes
  where organization_id = :organization_id and won_provider_id is not null
)
select format('transaction %s is linked %s times', provider_id, count(*))
from linked group by provider_id having count(*) > 1
union all
select format('transfer %s is matched with a payment of another transaction', t.id)
from unmatched_transfers t
join payments p on p.organization_id = t.organization_id and p.id = t.payment_id
where t.organization_id = :organization_id and p.provider_id is distinct from t.provider_id
union all
select format('payment %s did not succeed, and its money is booked', p.id)
from payments p
where p.organization_id = :organization_id and p.state <> 'succeeded'
  and (select count(*) filter (where j.kind = 'collection')
              - count(*) filter (where j.kind = 'reversal')
       from journals j
       where j.organization_id = p.organization_id and j.payment_id = p.id) <> 0
"""

BALANCE = """
select format('journal %s does not sum to zero in %s', journal_id, currency)
from ledger_entries where organization_id = :organization_id
group by journal_id, currency having sum(amount_minor) <> 0
union all
select format('journal %s has no sides', j.id)
from journals j
where j.organization_id = :organization_id
  and not exists (select from ledger_entries e
                  where e.organization_id = j.organization_id and e.journal_id = j.id)
union all
select format('payout %s is %s, and its journals are %s', p.id, p.state, booked.kinds)
from payouts p
cross join lateral (
  select coalesce(string_agg(j.kind, ', ' order by j.kind), 'none') as kinds,
         count(*) filter (where j.kind = 'payout') as sent,
         count(*) filter (where j.kind = 'payout_arrived') as arrived,
         count(*) filter (where j.kind = 'payout_returned') as returned
  from journals j where j.organization_id = p.organization_id and j.payout_id = p.id
) booked
where p.organization_id = :organization_id
  and (booked.sent <> 1 or booked.returned <> (p.state = 'failed')::int
       or (p.state <> 'failed' and booked.arrived <> (p.state = 'succeeded')::int))
"""

WALLS = """
select format('table %s does not force row-level security', c.relname)
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
  and exists (select from pg_policy p where p.polrelid = c.oid)
  and not (c.relrowsecurity and c.relforcerowsecurity)
union all
select format('a row of documents belongs to %s', organization_id)
from documents where organization_id <> :organization_id
union all
select format('a row of contacts belongs to %s', organization_id)
from contacts where organization_id <> :organization_id
union all
select format('a row of events belongs to %s', organization_id)
from events where organization_id <> :organization_id
union all
select format('link %s leads to a recipient who is not here', l.id)
from client_links l
where l.organization_id = :organization_id
  and exists (select from dispatch_recipients r
              where r.id = l.recipient_id and r.organization_id <> l.organization_id)
"""

MAIL = """
with heard as (
  select recipient_id,
         count(*) filter (where outcome = 'accepted') as accepted,
         count(*) filter (where outcome in ('accepted', 'late')) as taken,
         count(*) filter (where outcome in ('accepted', 'late', 'uncertain')) as maybe_taken
  from dispatch_attempts where organization_id = :organization_id group by recipient_id
), mail as (
  select r.*, coalesce(h.accepted, 0) as accepted, coalesce(h.taken, 0) as taken,
         coalesce(h.maybe_taken, 0) as maybe_taken
  from dispatch_recipients r
  join dispatches d on d.organization_id = r.organization_id and d.id = r.dispatch_id
  left join heard h on h.recipient_id = r.id
  where r.organization_id = :organization_id and d.channel = 'email'
)
select format('recipient %s is called sent, and no relay accepted it', id)
from mail where (sent_at is not null or state in ('sent', 'delivered')) and accepted = 0
union all
select format('recipient %s was accepted by a relay, and is not called sent', id)
from mail where accepted > 0 and (sent_at is null or queue_state <> 'done')
union all
select format('recipient %s may have been sent %s times', id, maybe_taken)
from mail where maybe_taken > 2 or accepted > 1
union all
select format('recipient %s is done, and was not sent', id)
from mail where queue_state = 'done' and sent_at is null
union all
select format('recipient %s was sent after it was cancelled', id)
from mail where queue_state = 'cancelled' and taken > 0
"""

HELD = """
select format('recipient %s is leased since before %s', id, lease_until)
from dispatch_recipients
where organization_id = :organization_id and queue_state = 'leased'
  and (lease_until is null or lease_owner is null
       or lease_until < cast(:at as timestamptz) - interval '6 minutes')
union all
select format('job %s is picked, and its worker is silent', id)
from pgqueuer
where headers->>'organization_id' = cast(:organization_id as uuid)::text and status = 'picked'
  and heartbeat < clock_timestamp() - interval '6 minutes'
"""

STATES = """
select format('document %s: issued without a revision', d.id)
from documents d
where d.organization_id = :organization_id and d.issue_state <> 'draft'
  and not exists (select from document_revisions r
                  where r.organization_id = d.organization_id and r.document_id = d.id
                    and r.number = d.revision)
union all
select format('document %s: a draft with a revision', d.id)
from documents d
join document_revisions r on r.organization_id = d.organization_id and r.document_id = d.id
where d.organization_id = :organization_id and d.issue_state = 'draft'
union all
select format('document %s: was_sent is %s', d.id, d.was_sent)
from documents d
where d.organization_id = :organization_id and d.was_sent
  and not exists (select from dispatch_recipients r
                  join dispatches x on x.organization_id = r.organization_id
                    and x.id = r.dispatch_id
                  where x.organization_id = d.organization_id and x.document_id = d.id
                    and (r.sent_at is not null or x.channel <> 'email'))
"""

LIMITS = """
select format('%s is unlimited', name) from pg_settings
where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')
  and setting = '0'
"""

LEFT_OPEN = """
select format('backend %s of %s has been in a transaction since %s',
              pid, application_name, xact_start)
from pg_stat_activity
where datname = current_database() and application_name like 'conforme\\_%'
  and state like 'idle in transaction%'
  and state_change < clock_timestamp() - interval '1 minute'
"""
