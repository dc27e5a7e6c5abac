-- Secret of this file, with which the keys of calls are made. It differs in each file, so that keys of two files cannot
-- be compared, and a key tells nothing about a message.
CREATE TABLE secret (
    secret BLOB NOT NULL
) STRICT;
INSERT INTO secret VALUES (randomblob(32));

-- Calls that are in progress, were delivered or queued, or may have arrived. Nothing of a message's content is stored.
CREATE TABLE call (
    key BLOB PRIMARY KEY,
    -- Of the message, if its caller chose the key.
    meaning BLOB,
    -- Its `msgUuid`.
    id TEXT NOT NULL,
    -- 1: in progress, 2: may have arrived, 3: delivered, 4: accepted by a durable queue.
    state INTEGER NOT NULL,
    -- Time of the claim or of the outcome.
    at INTEGER NOT NULL,
    -- Time after which the row is of no use.
    forget_at INTEGER NOT NULL,
    -- Number of the claim, and the process that made it.
    claim INTEGER NOT NULL,
    process TEXT NOT NULL,
    -- Time at which the message may have arrived before this claim.
    earlier_at INTEGER,
    -- Robot of a pool through which it may have arrived.
    robot BLOB,
    -- Parts that were delivered, and all parts of a split message.
    delivered INTEGER NOT NULL DEFAULT 0,
    parts INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX call_forget ON call (forget_at);
