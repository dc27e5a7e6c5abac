-- Set if each added notification is told to the programs that listen. Their transactions end one after the other then, as
-- NOTIFY has it. Otherwise, programs look every two seconds.
ALTER TABLE meta ADD COLUMN notify boolean NOT NULL DEFAULT true;

-- Secret of this schema, with which the keys of calls are made. It differs in each schema, so that keys of two cannot be
-- compared, and a key tells nothing about a message.
CREATE TABLE secret (secret bytea NOT NULL);
INSERT INTO secret
SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');

-- Calls that are in progress, were delivered or queued, or may have arrived. Nothing of a message's content is stored.
-- Times are microseconds since 1970.
CREATE TABLE call (
    key bytea PRIMARY KEY,
    -- Of the message, if its caller chose the key.
    meaning bytea,
    -- Its `msgUuid`.
    id text NOT NULL,
    -- 1: in progress, 2: may have arrived, 3: delivered, 4: accepted by a durable queue.
    state smallint NOT NULL,
    -- Time of the claim or of the outcome.
    at bigint NOT NULL,
    -- Time after which the row is of no use.
    forget_at bigint NOT NULL,
    -- Number of the claim, and the process that made it, a row of the table `owner`.
    claim bigint NOT NULL,
    process integer NOT NULL,
    -- Time at which the message may have arrived before this claim.
    earlier_at bigint,
    -- Robot of a pool through which it may have arrived.
    robot bytea,
    -- Parts that were delivered, and all parts of a split message.
    delivered bigint NOT NULL DEFAULT 0,
    parts bigint NOT NULL DEFAULT 0
);
CREATE INDEX call_forget ON call (forget_at);
