-- One row.
CREATE TABLE meta (
    schema integer NOT NULL,
    -- Oldest schema whose programs may use the tables.
    min_compatible integer NOT NULL,
    -- Number of notifications from which the function `enqueue` refuses others.
    capacity bigint NOT NULL DEFAULT 1000
);
INSERT INTO meta VALUES (0, 1);

-- Time of all rows; one clock for all machines. A function of its own, so that tests can set it.
CREATE FUNCTION clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

-- Processes with a session. Each holds the advisory lock of its number until its session ends.
CREATE TABLE owner (
    owner integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Last sign of life.
    seen timestamptz NOT NULL
);

-- Dispatchers, each of a process.
CREATE TABLE dispatcher (
    dispatcher bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner integer NOT NULL REFERENCES owner ON DELETE CASCADE,
    name text NOT NULL,
    lanes text[] NOT NULL,
    alone boolean NOT NULL,
    since timestamptz NOT NULL
);

-- First half of the keys of advisory locks: locks belong to a database, which can have several of these schemas.
CREATE FUNCTION lock_space() RETURNS integer LANGUAGE sql STABLE AS
    $$ SELECT hashtext('dingtalk ' || current_schema()) $$;

-- Names of robots for the function `enqueue`, as the programs that deliver have registered them.
CREATE TABLE alias (robot text PRIMARY KEY, lane text NOT NULL);

-- Counters of positions and of claims.
CREATE SEQUENCE number;
CREATE SEQUENCE claim;

-- Number of notifications, as the sum of all rows: a transaction changes one that no other transaction changes now.
CREATE TABLE tally (tally integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, notifications bigint NOT NULL)
    WITH (fillfactor = 20);
INSERT INTO tally (notifications) SELECT 0 FROM generate_series(1, 8);

-- Lanes by name, each with the claim on it. No index covers what a claim changes.
CREATE TABLE lane (
    lane bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    last_sent timestamptz,
    claim bigint,
    until timestamptz,
    -- Process that made the claim, if it has a session.
    owner integer,
    -- Item of which an attempt has begun.
    sending bigint,
    -- Last item that was handed out under the claim, and the counter at that time: items up to both are claimed.
    to_rank smallint,
    to_position bigint,
    to_page integer,
    to_number bigint
) WITH (fillfactor = 50);

-- Notifications and digests that are not finished.
CREATE TABLE item (
    item bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    lane bigint NOT NULL,
    -- 0 for urgent items.
    rank smallint NOT NULL,
    number bigint NOT NULL,
    position bigint NOT NULL,
    page integer NOT NULL DEFAULT 0,
    -- Set while the item is deferred.
    due timestamptz,
    expires timestamptz,
    -- The digest of which the notification is a member, and its index in it.
    digest bigint,
    member integer,
    -- Number of members of a digest; 0 for a notification.
    members integer NOT NULL DEFAULT 0,
    enqueued timestamptz NOT NULL,
    -- Set while an attempt is recorded whose outcome is not.
    begun boolean NOT NULL DEFAULT false,
    attempts integer NOT NULL DEFAULT 0,
    interrupted boolean NOT NULL DEFAULT false,
    may_have_arrived boolean NOT NULL DEFAULT false,
    alone boolean NOT NULL DEFAULT false,
    suppressed integer NOT NULL DEFAULT 0,
    failure text,
    -- Name of the robot in the envelope.
    robot text,
    dedupe_key text,
    -- Set if it was added by the function `enqueue`, which does not check everything.
    by_sql boolean NOT NULL DEFAULT false,
    envelope text NOT NULL
);
CREATE INDEX item_ready ON item (lane, rank, position, page) WHERE due IS NULL AND digest IS NULL;
CREATE INDEX item_due ON item (lane, due) WHERE due IS NOT NULL;
CREATE INDEX item_expires ON item (lane, expires) WHERE expires IS NOT NULL AND digest IS NULL;
CREATE INDEX item_digest ON item (digest, member) WHERE digest IS NOT NULL;
CREATE INDEX item_displaceable ON item (number) WHERE rank = 1 AND members = 0 AND digest IS NULL;

-- Ids of finished notifications and digests.
CREATE TABLE done (
    id text PRIMARY KEY,
    at timestamptz NOT NULL,
    -- 0: delivered, 1: a dead letter, 2: a digest that was refused, 3: removed.
    outcome smallint NOT NULL
);
CREATE INDEX done_at ON done (at);

-- Dead letters, oldest first.
CREATE TABLE dead (
    dead bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    lane text NOT NULL,
    at timestamptz NOT NULL,
    loss text NOT NULL,
    -- Failure of the last attempt, and the reason, if it is another one.
    last_failure text,
    failure text,
    attempts integer NOT NULL,
    may_have_arrived boolean NOT NULL,
    envelope text NOT NULL
);
CREATE INDEX dead_at ON dead (at);

-- Notifications that were added under a dedupe key.
CREATE TABLE dedupe (
    lane bigint NOT NULL,
    key text NOT NULL,
    id text NOT NULL,
    at timestamptz NOT NULL,
    span interval NOT NULL,
    PRIMARY KEY (lane, key)
);

-- Keys of throttles, with the times of the notifications that were added under them.
CREATE TABLE throttle (
    lane bigint NOT NULL,
    key text NOT NULL,
    times timestamptz[] NOT NULL DEFAULT '{}',
    -- Number of notifications that were suppressed since the last one that was added.
    suppressed integer NOT NULL DEFAULT 0,
    -- Time of the last notification, added or not.
    at timestamptz NOT NULL,
    span interval NOT NULL,
    PRIMARY KEY (lane, key)
);

-- The state: rate windows, waiters, rests and counters of robots. Times are microseconds since 1970.

-- Robots by their keys. Nothing else of a robot is stored, least of all its token. Who decides on a robot locks its row.
CREATE TABLE robot (
    robot bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key bytea NOT NULL UNIQUE,
    -- Latest time that was seen.
    seen bigint NOT NULL DEFAULT 0,
    -- Time at which all slots count as ended, because earlier ones are not known.
    full_at bigint,
    -- Number of changes, for programs that wait.
    change bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Slots of the last window. A slot that was not ended has ended at `ends_by`.
CREATE TABLE slot (
    robot bigint NOT NULL,
    slot bigint NOT NULL,
    month bigint NOT NULL,
    begun bigint NOT NULL,
    ends_by bigint NOT NULL,
    ended bigint,
    PRIMARY KEY (robot, slot)
) WITH (fillfactor = 50);

-- Programs that have waiters. One that does not say in time that it is alive has ended.
CREATE TABLE sender (sender bigint PRIMARY KEY, alive_until bigint NOT NULL) WITH (fillfactor = 50);

-- Waiters, in the order of their numbers within their urgency.
CREATE SEQUENCE waiter_number;
CREATE TABLE waiter (
    waiter bigint PRIMARY KEY,
    robot bigint NOT NULL,
    urgent boolean NOT NULL,
    number bigint NOT NULL DEFAULT nextval('waiter_number'),
    sender bigint NOT NULL
);
CREATE INDEX waiter_robot ON waiter (robot, urgent, number);

-- Paces at which programs have used a robot lately.
CREATE TABLE pace (
    robot bigint NOT NULL,
    slots bigint NOT NULL,
    reserve bigint NOT NULL,
    span bigint NOT NULL,
    seen bigint NOT NULL,
    PRIMARY KEY (robot, slots, reserve, span)
);

-- Rests, by cause. Robot 0 stands for all robots behind one address, whose name is `egress`.
CREATE TABLE rest (
    robot bigint NOT NULL,
    egress text NOT NULL,
    block bigint NOT NULL,
    until bigint NOT NULL,
    -- Length of the rest, which a clock that was set back does not change.
    span bigint NOT NULL,
    PRIMARY KEY (robot, egress, block)
);

-- Requests that may have reached DingTalk, by month in China since January 1970.
CREATE TABLE month (
    robot bigint NOT NULL,
    month bigint NOT NULL,
    used bigint NOT NULL DEFAULT 0,
    delivered bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (robot, month)
) WITH (fillfactor = 50);
