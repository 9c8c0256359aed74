"""Workers that are killed, paused, doubled and ended while mails go to a real sink: what is lost, what comes twice."""
