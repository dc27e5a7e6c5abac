-- One row.
CREATE TABLE dingtalk_meta (
    schema INTEGER NOT NULL,
    -- Oldest schema whose programs may use the file.
    min_compatible INTEGER NOT NULL,
    -- Counter of positions and of items in the order in which they were added.
    number INTEGER NOT NULL,
    -- Counter of claims.
    claim INTEGER NOT NULL,
    -- Number of notifications in all lanes.
    notifications INTEGER NOT NULL,
    -- Time of the last removal of rows that no longer matter.
    cleaned INTEGER NOT NULL
) STRICT;
INSERT INTO dingtalk_meta VALUES (1, 1, 0, 0, 0, 0);

-- Lanes by name, each with the claim on it. Times are milliseconds since 1970.
CREATE TABLE dingtalk_lane (
    lane INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    notifications INTEGER NOT NULL DEFAULT 0,
    last_sent INTEGER,
    claim INTEGER,
    until INTEGER,
    -- Name of the process that has claimed it.
    process TEXT,
    -- Item of which an attempt has begun.
    sending INTEGER,
    -- Last item that was handed out under the claim, and the counter at that time: items up to both are claimed.
    to_rank INTEGER,
    to_position INTEGER,
    to_page INTEGER,
    to_number INTEGER
) STRICT;
CREATE INDEX dingtalk_lane_sending ON dingtalk_lane (sending) WHERE sending IS NOT NULL;

-- Notifications and digests that are not finished.
CREATE TABLE dingtalk_item (
    item INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    lane INTEGER NOT NULL,
    -- 0 for urgent items.
    rank INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    page INTEGER NOT NULL DEFAULT 0,
    -- Set while the item is deferred.
    due INTEGER,
    expires INTEGER,
    -- The digest of which the notification is a member, and its index in it.
    digest INTEGER,
    member INTEGER,
    -- Number of members of a digest; 0 for a notification.
    members INTEGER NOT NULL DEFAULT 0,
    enqueued INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    interrupted INTEGER NOT NULL DEFAULT 0,
    may_have_arrived INTEGER NOT NULL DEFAULT 0,
    alone INTEGER NOT NULL DEFAULT 0,
    suppressed INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    -- Set if the envelope was written by other programs, and may be one that cannot be read.
    unchecked INTEGER NOT NULL DEFAULT 0,
    envelope TEXT NOT NULL
) STRICT;
CREATE INDEX dingtalk_item_ready ON dingtalk_item (lane, rank, position, page) WHERE due IS NULL AND digest IS NULL;
CREATE INDEX dingtalk_item_due ON dingtalk_item (lane, due, rank, position, page) WHERE due IS NOT NULL;
CREATE INDEX dingtalk_item_expires ON dingtalk_item (lane, expires, number) WHERE expires IS NOT NULL AND digest IS NULL;
CREATE INDEX dingtalk_item_digest ON dingtalk_item (digest, member) WHERE digest IS NOT NULL;
CREATE INDEX dingtalk_item_displaceable ON dingtalk_item (number) WHERE rank = 1 AND members = 0 AND digest IS NULL;

-- Ids of finished notifications and digests.
CREATE TABLE dingtalk_done (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    -- 0: delivered, 1: a dead letter, 2: a refused digest, 3: removed.
    outcome INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dingtalk_done_at ON dingtalk_done (at);

-- Dead letters, oldest first.
CREATE TABLE dingtalk_dead (
    dead INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    letter TEXT NOT NULL,
    -- Envelope as it was written, if it cannot be read; that of the letter then stands for it.
    unreadable TEXT
) STRICT;
CREATE INDEX dingtalk_dead_at ON dingtalk_dead (at);

-- Processes that deliver.
CREATE TABLE dingtalk_dispatcher (
    dispatcher INTEGER PRIMARY KEY AUTOINCREMENT,
    process TEXT NOT NULL,
    owner TEXT NOT NULL,
    -- Names of lanes, in JSON.
    lanes TEXT NOT NULL,
    alone INTEGER NOT NULL,
    since INTEGER NOT NULL
) STRICT;

-- Notifications that were added under a dedupe key.
CREATE TABLE dingtalk_dedupe (
    lane INTEGER NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    span INTEGER NOT NULL,
    PRIMARY KEY (lane, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX dingtalk_dedupe_end ON dingtalk_dedupe (at + span);

-- Keys of throttles, with the number of notifications that were suppressed since the last one that was added.
CREATE TABLE dingtalk_throttle (
    lane INTEGER NOT NULL,
    key TEXT NOT NULL,
    suppressed INTEGER NOT NULL DEFAULT 0,
    -- Time of the last notification, added or not.
    at INTEGER NOT NULL,
    span INTEGER NOT NULL,
    PRIMARY KEY (lane, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX dingtalk_throttle_end ON dingtalk_throttle (at + span);

-- Times of the notifications that were added under a throttle key.
CREATE TABLE dingtalk_throttled (lane INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX dingtalk_throttled_key ON dingtalk_throttled (lane, key, at);

-- Waiting notifications, to which programs with any SQLite client add others. A writer needs SQLite 3.51.3 or newer. All
-- functions are those of SQLite 3.38, for tools that only look into the file.
CREATE VIEW dingtalk_outbox (lane, message, id, robot, urgent, expires_at_ms) AS
SELECT lane.name, json_extract(item.envelope, '$.message'), item.id, json_extract(item.envelope, '$.robot'),
    item.rank = 0, item.expires
FROM dingtalk_item AS item JOIN dingtalk_lane AS lane ON lane.lane = item.lane
WHERE item.members = 0;

-- Statements without a conflict of their own: `INSERT OR REPLACE` would change how they resolve one.
CREATE TRIGGER dingtalk_outbox_insert INSTEAD OF INSERT ON dingtalk_outbox
BEGIN
    SELECT RAISE(ABORT, 'dingtalk_outbox.lane: must be the name of a lane')
    WHERE typeof(NEW.lane) <> 'text' OR trim(NEW.lane) = '';
    SELECT RAISE(ABORT, 'dingtalk_outbox.message: must be a JSON object with a "type"')
    WHERE CASE WHEN json_valid(NEW.message) THEN json_type(NEW.message, '$.type') IS NOT 'text' ELSE 1 END;
    SELECT RAISE(ABORT, 'dingtalk_outbox.id: must be a text that is not blank, or NULL')
    WHERE typeof(NEW.id) NOT IN ('text', 'null') OR trim(NEW.id) = '';
    SELECT RAISE(ABORT, 'dingtalk_outbox.robot: must be a text, or NULL')
    WHERE typeof(NEW.robot) NOT IN ('text', 'null');
    SELECT RAISE(ABORT, 'dingtalk_outbox.urgent: must be 0, 1 or NULL')
    WHERE NEW.urgent IS NOT NULL AND NEW.urgent NOT IN (0, 1);
    SELECT RAISE(ABORT, 'dingtalk_outbox.expires_at_ms: must be milliseconds since 1970, or NULL for a day from now')
    WHERE typeof(NEW.expires_at_ms) NOT IN ('integer', 'null') OR NEW.expires_at_ms < 0;
    SELECT RAISE(ABORT, 'dingtalk_outbox: 100000 notifications wait already; nothing was added')
    WHERE (SELECT notifications FROM dingtalk_meta) >= 100000;
    -- Known: not added again.
    SELECT RAISE(IGNORE)
    WHERE EXISTS (SELECT 1 FROM dingtalk_item WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM dingtalk_done WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM dingtalk_dead WHERE id = NEW.id);
    INSERT INTO dingtalk_lane (name)
    SELECT NEW.lane WHERE NOT EXISTS (SELECT 1 FROM dingtalk_lane WHERE name = NEW.lane);
    UPDATE dingtalk_lane SET notifications = notifications + 1 WHERE name = NEW.lane;
    UPDATE dingtalk_meta SET number = number + 1, notifications = notifications + 1;
    INSERT INTO dingtalk_item (id, lane, rank, number, position, expires, enqueued, unchecked, envelope)
    SELECT coalesce(NEW.id, lower(hex(randomblob(16)))), lane.lane, NEW.urgent IS NOT 1, meta.number, meta.number,
        coalesce(NEW.expires_at_ms, time.now + 86400000), time.now, 1,
        json_object('form', 1, 'message', json(NEW.message), 'robot', NEW.robot,
            'urgency', CASE WHEN NEW.urgent IS 1 THEN 'urgent' ELSE 'normal' END,
            'expires_at_ms', coalesce(NEW.expires_at_ms, time.now + 86400000))
    FROM dingtalk_lane AS lane, dingtalk_meta AS meta,
        (SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS now) AS time
    WHERE lane.name = NEW.lane;
    UPDATE dingtalk_item SET envelope = json_set(envelope, '$.id', id) WHERE item = last_insert_rowid();
END;
