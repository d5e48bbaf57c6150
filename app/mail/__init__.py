"""Letters leave through here: the port to a mail transport and its words."""
