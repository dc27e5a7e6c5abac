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
    notifications INTEGER NOT NULL
) STRICT;
INSERT INTO dingtalk_meta VALUES (1, 1, 0, 0, 0);

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
    letter TEXT NOT NULL
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

-- Times of the notifications that were added under a throttle key.
CREATE TABLE dingtalk_throttled (lane INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX dingtalk_throttled_key ON dingtalk_throttled (lane, key, at);
