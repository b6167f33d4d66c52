"""Work that outlives a request: outbox, inbox, deadlines, alarms, and the runner that serves them."""
