-- One row.
CREATE TABLE meta (
    schema INTEGER NOT NULL,
    -- Oldest schema whose programs may use the file.
    min_compatible INTEGER NOT NULL,
    -- Run of the system in which the times of all tables count.
    boot TEXT NOT NULL,
    -- Latest time that was seen.
    seen INTEGER NOT NULL,
    -- Wall clock at the start of the system, in microseconds since 1970.
    booted_at INTEGER NOT NULL,
    -- Time at which all slots of all robots count as ended, because earlier ones are not known.
    full_at INTEGER
) STRICT;
INSERT INTO meta VALUES (0, 1, '', 0, 0, NULL);

-- Robots by their keys. Nothing else of a robot is stored, least of all its token.
CREATE TABLE robot (
    robot INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE
) STRICT;

-- Slots of the last window. A slot that was not ended has ended at `ends_by`.
CREATE TABLE slot (
    robot INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    month INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    ends_by INTEGER NOT NULL,
    ended INTEGER,
    PRIMARY KEY (robot, slot)
) STRICT, WITHOUT ROWID;

-- Users of the file that have waiters. One that does not say in time that it is alive has ended.
CREATE TABLE owner (
    owner INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    alive_until INTEGER NOT NULL
) STRICT;

-- Waiters, in the order of `seq` within their urgency.
CREATE TABLE waiter (
    robot INTEGER NOT NULL,
    urgent INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    waiter INTEGER NOT NULL UNIQUE,
    owner INTEGER NOT NULL,
    PRIMARY KEY (robot, urgent, seq)
) STRICT, WITHOUT ROWID;

-- Paces at which programs have used a robot lately.
CREATE TABLE pace (
    robot INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    reserve INTEGER NOT NULL,
    span INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (robot, slots, reserve, span)
) STRICT, WITHOUT ROWID;

-- Rests, by cause; robot 0 stands for all robots.
CREATE TABLE rest (
    robot INTEGER NOT NULL,
    block INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (robot, block)
) STRICT, WITHOUT ROWID;

-- Requests that may have reached DingTalk, by month in China since January 1970.
CREATE TABLE month (
    robot INTEGER NOT NULL,
    month INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (robot, month)
) STRICT, WITHOUT ROWID;
