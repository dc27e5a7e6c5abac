-- Steps of the queue. Each is one transaction unless its caller has begun one, and reads no more rows than it changes or
-- returns. A step that changes a claim locks the row of its lane first. Adding a notification locks no lane, because
-- the transaction of its caller may take long.

-- Milliseconds as a span; 300 years are for ever.
CREATE OR REPLACE FUNCTION span(p_milliseconds bigint) RETURNS interval LANGUAGE sql IMMUTABLE AS
    $$ SELECT least(greatest(p_milliseconds, 0), 9500000000000) * interval '1 millisecond' $$;

-- Changes the number of notifications.
CREATE OR REPLACE FUNCTION count_notifications(p_more bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_tally integer;
BEGIN
    -- A transaction of the other levels would fail if another one had changed the row since it began.
    IF current_setting('transaction_isolation') = 'read committed' THEN
        SELECT tally INTO v_tally FROM tally ORDER BY tally LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF v_tally IS NOT NULL THEN
        UPDATE tally SET notifications = notifications + p_more WHERE tally = v_tally;
    ELSE
        INSERT INTO tally (notifications) VALUES (p_more);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION notifications() RETURNS bigint LANGUAGE sql AS
    $$ SELECT coalesce(sum(notifications), 0)::bigint FROM tally $$;

-- Returns the number of a lane, which is added unless it exists.
CREATE OR REPLACE FUNCTION lane_of(p_name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_lane bigint;
BEGIN
    SELECT lane INTO v_lane FROM lane WHERE name = p_name;
    IF NOT FOUND THEN
        INSERT INTO lane (name) VALUES (p_name) ON CONFLICT DO NOTHING;
        SELECT lane INTO v_lane FROM lane WHERE name = p_name;
    END IF;
    RETURN v_lane;
END $$;

-- Reports whether a process has ended: its session has gone, and it did not come back within a few seconds.
CREATE OR REPLACE FUNCTION has_ended(p_owner integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM owner WHERE owner = p_owner AND seen < clock() - interval '3 seconds')
        AND pg_try_advisory_xact_lock(lock_space(), p_owner);
END $$;

-- Remembers the id of a notification or a digest that is finished.
CREATE OR REPLACE FUNCTION remember(p_id text, p_now timestamptz, p_outcome integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO done (id, at, outcome) VALUES (p_id, p_now, p_outcome::smallint)
    ON CONFLICT (id) DO UPDATE SET at = excluded.at, outcome = excluded.outcome
$$;

-- Removes an item that is finished; for a digest, its members too. Those that were given up become dead letters, whose
-- numbers are returned. `p_outcome` is that of the table `done`.
CREATE OR REPLACE FUNCTION finish(
    p_item item, p_now timestamptz, p_outcome integer, p_loss text, p_failure text, p_may_have_arrived boolean
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    v_gone item;
    v_count bigint := 0;
    v_letter bigint;
    v_letters bigint[];
BEGIN
    FOR v_gone IN
        SELECT * FROM item WHERE CASE WHEN p_item.members > 0 THEN digest = p_item.item ELSE item = p_item.item END
        ORDER BY member
    LOOP
        v_count := v_count + 1;
        IF p_outcome = 1 THEN
            INSERT INTO dead (id, lane, at, loss, last_failure, failure, attempts, may_have_arrived, envelope)
            SELECT v_gone.id, lane.name, p_now, p_loss, p_item.failure, p_failure, p_item.attempts,
                p_item.may_have_arrived OR p_may_have_arrived, v_gone.envelope
            FROM lane WHERE lane.lane = p_item.lane
            RETURNING dead INTO v_letter;
            v_letters := v_letters || v_letter;
        END IF;
        IF p_outcome <> 0 THEN
            -- The key is free again. One that is locked is being given to another notification.
            DELETE FROM dedupe WHERE (lane, key) IN (
                SELECT lane, key FROM dedupe WHERE lane = p_item.lane AND key = v_gone.dedupe_key AND id = v_gone.id
                FOR UPDATE SKIP LOCKED);
        END IF;
        -- One that a person removes did not use up its share.
        IF p_outcome = 3 AND v_gone.envelope LIKE '%"throttle"%' AND position('\u0000' IN v_gone.envelope) = 0 THEN
            UPDATE throttle SET times = array_remove(times, v_gone.enqueued) WHERE (lane, key) IN (
                SELECT lane, key FROM throttle
                WHERE lane = p_item.lane AND key = v_gone.envelope::json -> 'throttle' ->> 'key'
                FOR UPDATE SKIP LOCKED);
        END IF;
        PERFORM remember(v_gone.id, p_now, p_outcome);
    END LOOP;
    IF p_item.members > 0 THEN
        PERFORM remember(p_item.id, p_now, p_outcome);
        DELETE FROM item WHERE digest = p_item.item;
    END IF;
    DELETE FROM item WHERE item = p_item.item;
    PERFORM count_notifications(-v_count);
    RETURN v_letters;
END $$;

-- Tells the programs that listen of a notification that is added if this transaction is committed. The text is its urgency
-- and its lane.
CREATE OR REPLACE FUNCTION tell(p_lane text, p_urgent boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT notify FROM meta) THEN
        PERFORM pg_notify('dingtalk ' || current_schema(),
            CASE WHEN octet_length(p_lane) > 1000 THEN 'any'
                ELSE CASE WHEN p_urgent THEN 'urgent ' ELSE 'normal ' END || p_lane END);
    END IF;
END $$;

-- Adds a notification. `o_letter` is the dead letter that an urgent one displaced.
CREATE OR REPLACE FUNCTION enqueue_item(
    p_lane text, p_id text, p_urgent boolean, p_expires timestamptz,
    p_dedupe_key text, p_dedupe_span bigint,
    p_throttle_key text, p_throttle_limit bigint, p_throttle_span bigint,
    p_robot text, p_envelope text, p_capacity bigint,
    OUT o_outcome text, OUT o_letter bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_lane bigint;
    v_now timestamptz;
    v_item bigint;
    v_number bigint;
    v_suppressed integer := 0;
    v_due timestamptz;
    v_throttle throttle;
    v_displaced item;
    v_letters bigint[];
BEGIN
    IF EXISTS (SELECT FROM item WHERE id = p_id) OR EXISTS (SELECT FROM done WHERE id = p_id)
        OR EXISTS (SELECT FROM dead WHERE id = p_id) THEN
        o_outcome := 'known';
        RETURN;
    END IF;
    v_lane := lane_of(p_lane);
    -- One transaction at a time decides on a key.
    IF p_dedupe_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_dedupe_key, v_lane));
    END IF;
    IF p_throttle_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_throttle_key, -1 - v_lane));
    END IF;
    v_now := clock();
    IF EXISTS (SELECT FROM dedupe WHERE lane = v_lane AND key = p_dedupe_key
        AND at <= v_now AND at > v_now - span(p_dedupe_span)) THEN
        o_outcome := 'suppressed';
        RETURN;
    END IF;
    IF p_throttle_key IS NOT NULL THEN
        SELECT * INTO v_throttle FROM throttle WHERE lane = v_lane AND key = p_throttle_key FOR UPDATE;
        v_throttle.times := ARRAY(
            SELECT t FROM unnest(v_throttle.times) t WHERE t <= v_now AND t > v_now - span(p_throttle_span));
        IF cardinality(v_throttle.times) >= greatest(p_throttle_limit, 1) THEN
            UPDATE throttle SET times = v_throttle.times, suppressed = suppressed + 1, at = v_now
            WHERE lane = v_lane AND key = p_throttle_key;
            -- A copy is not counted again: it is known under its key until the throttle allows another one.
            IF p_dedupe_key IS NOT NULL THEN
                INSERT INTO dedupe (lane, key, id, at, span)
                SELECT v_lane, p_dedupe_key, p_id,
                    least(v_now, min(t) + span(p_throttle_span) - span(p_dedupe_span)), span(p_dedupe_span)
                FROM unnest(v_throttle.times) t
                ON CONFLICT (lane, key) DO UPDATE SET id = excluded.id, at = excluded.at, span = excluded.span;
            END IF;
            o_outcome := 'suppressed';
            RETURN;
        END IF;
        v_suppressed := coalesce(v_throttle.suppressed, 0);
    END IF;
    o_outcome := 'added';
    IF notifications() >= p_capacity THEN
        IF p_urgent THEN
            SELECT * INTO v_displaced FROM item WHERE rank = 1 AND members = 0 AND digest IS NULL AND NOT begun
            ORDER BY number DESC LIMIT 1 FOR UPDATE SKIP LOCKED;
        END IF;
        IF v_displaced.item IS NULL THEN
            o_outcome := 'full';
            RETURN;
        END IF;
        o_outcome := 'displaced';
    END IF;
    v_number := nextval('number');
    -- Few have it, and parsing costs time.
    IF p_envelope LIKE '%"not_before_ms"%' THEN
        v_due := to_timestamp((p_envelope::json ->> 'not_before_ms')::bigint / 1000.0);
    END IF;
    INSERT INTO item (id, lane, rank, number, position, due, expires, enqueued, suppressed, robot, dedupe_key,
        envelope)
    VALUES (p_id, v_lane, CASE WHEN p_urgent THEN 0 ELSE 1 END, v_number, v_number,
        CASE WHEN v_due > v_now THEN v_due END, p_expires, v_now, v_suppressed, p_robot, p_dedupe_key, p_envelope)
    ON CONFLICT (id) DO NOTHING RETURNING item INTO v_item;
    IF v_item IS NULL THEN
        o_outcome := 'known';
        RETURN;
    END IF;
    PERFORM count_notifications(1);
    PERFORM tell(p_lane, p_urgent);
    IF p_dedupe_key IS NOT NULL THEN
        INSERT INTO dedupe (lane, key, id, at, span) VALUES (v_lane, p_dedupe_key, p_id, v_now, span(p_dedupe_span))
        ON CONFLICT (lane, key) DO UPDATE SET id = excluded.id, at = excluded.at, span = excluded.span;
    END IF;
    IF p_throttle_key IS NOT NULL THEN
        INSERT INTO throttle (lane, key, times, at, span)
        VALUES (v_lane, p_throttle_key, v_throttle.times || v_now, v_now, span(p_throttle_span))
        ON CONFLICT (lane, key) DO UPDATE
        SET times = excluded.times, suppressed = 0, at = excluded.at, span = excluded.span;
    END IF;
    IF o_outcome = 'displaced' THEN
        v_letters := finish(v_displaced, v_now, 1, '"displaced"', NULL, false);
        o_letter := v_letters[1];
    END IF;
END $$;

-- Reports whether the claim on a lane holds: its lease has not ended, and neither has its process. `p_again` is the process
-- that asks, if it does not know of a claim that it may have made.
CREATE OR REPLACE FUNCTION holds(p_lane lane, p_now timestamptz, p_again integer) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN p_lane.claim IS NOT NULL AND p_now < p_lane.until AND p_lane.owner IS DISTINCT FROM coalesce(p_again, 0)
        AND NOT coalesce(has_ended(p_lane.owner), false);
END $$;

-- Claims a lane, and returns one row with `o_kind` = 'lane', then the items and the dead letters of those that expired.
CREATE OR REPLACE FUNCTION claim_lane(
    p_lane text, p_max bigint, p_lease bigint, p_owner integer, p_again boolean
) RETURNS TABLE (
    o_kind text, o_now timestamptz, o_claim bigint, o_next timestamptz, o_last_sent timestamptz,
    o_number bigint, o_members text[], o_enqueued timestamptz, o_attempts integer, o_interrupted boolean,
    o_may_have_arrived boolean, o_alone boolean, o_suppressed integer, o_failure text, o_envelope text
) LANGUAGE plpgsql AS $$
DECLARE
    v_lane lane;
    v_now timestamptz := clock();
    v_next timestamptz;
    v_item item;
    v_last item;
    v_claim bigint;
    v_dead bigint;
    v_to bigint;
BEGIN
    SELECT * INTO v_lane FROM lane WHERE name = p_lane;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'lane', v_now, v_claim, v_next, v_lane.last_sent, NULL::bigint, NULL::text[],
            NULL::timestamptz, NULL::integer, false, false, false, NULL::integer, NULL::text, NULL::text;
        RETURN;
    END IF;
    -- Looking for work locks nothing.
    SELECT least((SELECT min(due) FROM item WHERE lane = v_lane.lane AND due IS NOT NULL),
        (SELECT min(expires) FROM item WHERE lane = v_lane.lane AND expires IS NOT NULL AND digest IS NULL))
    INTO v_next;
    IF holds(v_lane, v_now, CASE WHEN p_again THEN p_owner END) THEN
        v_next := v_lane.until;
    ELSIF coalesce(v_next, 'infinity') <= v_now OR v_lane.claim IS NOT NULL OR EXISTS (
        SELECT FROM item WHERE lane = v_lane.lane AND due IS NULL AND digest IS NULL) THEN
        SELECT * INTO v_lane FROM lane WHERE lane = v_lane.lane FOR UPDATE;
        v_now := clock();
        IF holds(v_lane, v_now, CASE WHEN p_again THEN p_owner END) THEN
            v_next := v_lane.until;
        ELSE
            IF v_lane.claim IS NOT NULL THEN
                UPDATE item SET begun = false, interrupted = true, may_have_arrived = true
                WHERE item = v_lane.sending;
                UPDATE lane SET claim = NULL, until = NULL, owner = NULL, sending = NULL WHERE lane = v_lane.lane;
            END IF;
            FOR v_item IN
                SELECT * FROM item WHERE lane = v_lane.lane AND digest IS NULL AND expires <= v_now
                ORDER BY expires, number FOR UPDATE
            LOOP
                RETURN QUERY SELECT 'expired', v_now, NULL::bigint, NULL::timestamptz, NULL::timestamptz,
                    letter, NULL::text[], NULL::timestamptz, NULL::integer, false, false, false, NULL::integer,
                    NULL::text, NULL::text
                FROM unnest(finish(v_item, v_now, 1, '"expired"', NULL, false)) AS letter;
            END LOOP;
            -- Items whose delay is over are last.
            FOR v_item IN
                SELECT * FROM item WHERE lane = v_lane.lane AND due <= v_now
                ORDER BY due, rank, position, page FOR UPDATE
            LOOP
                UPDATE item SET due = NULL, position = nextval('number'), page = 0 WHERE item = v_item.item;
            END LOOP;
            FOR v_item IN
                SELECT * FROM item WHERE lane = v_lane.lane AND due IS NULL AND digest IS NULL
                ORDER BY rank, position, page LIMIT p_max
            LOOP
                IF v_claim IS NULL THEN
                    v_claim := nextval('claim');
                    v_to := nextval('number');
                END IF;
                v_last := v_item;
                RETURN QUERY SELECT 'item', v_now, v_claim, NULL::timestamptz, NULL::timestamptz, v_item.item,
                    ARRAY(SELECT id FROM item WHERE digest = v_item.item ORDER BY member), v_item.enqueued,
                    v_item.attempts, v_item.interrupted, v_item.may_have_arrived, v_item.alone, v_item.suppressed,
                    v_item.failure, v_item.envelope;
            END LOOP;
            IF v_claim IS NOT NULL THEN
                UPDATE lane SET claim = v_claim, until = v_now + span(p_lease), owner = p_owner, sending = NULL,
                    to_rank = v_last.rank, to_position = v_last.position, to_page = v_last.page, to_number = v_to
                WHERE lane = v_lane.lane;
            END IF;
            SELECT least((SELECT min(due) FROM item WHERE lane = v_lane.lane AND due IS NOT NULL),
                (SELECT min(expires) FROM item WHERE lane = v_lane.lane AND expires IS NOT NULL AND digest IS NULL))
            INTO v_next;
        END IF;
    END IF;
    RETURN QUERY SELECT 'lane', v_now, v_claim, v_next, v_lane.last_sent, NULL::bigint, NULL::text[],
        NULL::timestamptz, NULL::integer, false, false, false, NULL::integer, NULL::text, NULL::text;
END $$;

-- Locks a lane and returns it if the claim on it holds.
CREATE OR REPLACE FUNCTION held_lane(p_lane text, p_claim bigint) RETURNS lane LANGUAGE sql AS
    $$ SELECT l.* FROM lane l WHERE name = p_lane AND claim = p_claim FOR UPDATE $$;

-- Returns an item that was handed out under the claim on a lane.
CREATE OR REPLACE FUNCTION claimed_item(p_lane lane, p_id text) RETURNS item LANGUAGE sql AS $$
    SELECT i.* FROM item i WHERE id = p_id AND lane = (p_lane).lane AND due IS NULL AND digest IS NULL
        AND number <= (p_lane).to_number
        AND (rank, position, page) <= ((p_lane).to_rank, (p_lane).to_position, (p_lane).to_page)
    FOR UPDATE
$$;

CREATE OR REPLACE FUNCTION end_claim(p_lane bigint) RETURNS void LANGUAGE sql AS
    $$ UPDATE lane SET claim = NULL, until = NULL, owner = NULL, sending = NULL WHERE lane = p_lane $$;

CREATE OR REPLACE FUNCTION release_lane(p_lane text, p_claim bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE lane SET claim = NULL, until = NULL, owner = NULL
    WHERE name = p_lane AND claim = p_claim AND sending IS NULL
$$;

-- Replaces claimed items by digests; `p_members` are the ids of all members, and `p_counts` their numbers.
CREATE OR REPLACE FUNCTION merge_items(
    p_lane text, p_claim bigint, p_ids text[], p_envelopes text[], p_counts integer[], p_members text[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_lane lane := held_lane(p_lane, p_claim);
    v_item item;
    v_first item;
    v_digest bigint;
    v_number bigint;
    v_at integer := 0;
BEGIN
    IF v_lane.lane IS NULL OR v_lane.sending IS NOT NULL THEN
        RETURN false;
    END IF;
    FOR v_index IN 1 .. cardinality(p_members) LOOP
        v_item := claimed_item(v_lane, p_members[v_index]);
        IF v_item.item IS NULL OR v_item.members > 0 THEN
            RETURN false;
        END IF;
        IF v_first.item IS NULL OR (v_item.rank, v_item.position) < (v_first.rank, v_first.position) THEN
            v_first := v_item;
        END IF;
    END LOOP;
    PERFORM end_claim(v_lane.lane);
    IF v_first.item IS NULL THEN
        RETURN true;
    END IF;
    FOR v_page IN 1 .. cardinality(p_ids) LOOP
        v_number := nextval('number');
        INSERT INTO item (id, lane, rank, number, position, page, members, enqueued, envelope)
        VALUES (p_ids[v_page], v_lane.lane, v_first.rank, v_number, v_first.position, v_page, p_counts[v_page],
            clock(), p_envelopes[v_page])
        RETURNING item INTO v_digest;
        UPDATE item SET digest = v_digest, member = m.member
        FROM unnest(p_members[v_at + 1 : v_at + p_counts[v_page]]) WITH ORDINALITY AS m (id, member)
        WHERE item.id = m.id;
        v_at := v_at + p_counts[v_page];
    END LOOP;
    RETURN true;
END $$;

-- Records that an attempt begins, and returns its number; null if the claim or the item is lost.
CREATE OR REPLACE FUNCTION begin_item(p_lane text, p_claim bigint, p_id text, p_lease bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_lane lane := held_lane(p_lane, p_claim);
    v_item item;
    v_now timestamptz := clock();
BEGIN
    IF v_lane.lane IS NULL OR v_lane.sending IS NOT NULL OR v_now >= v_lane.until THEN
        RETURN NULL;
    END IF;
    v_item := claimed_item(v_lane, p_id);
    IF v_item.item IS NULL OR v_item.expires <= v_now THEN
        RETURN NULL;
    END IF;
    UPDATE item SET attempts = attempts + 1, begun = true WHERE item = v_item.item;
    UPDATE lane SET sending = v_item.item, until = v_now + span(p_lease) WHERE lane = v_lane.lane;
    RETURN v_item.attempts + 1;
END $$;

-- Ends a claim with the outcome of one of its items: 'delivered', 'deferred', 'dead' or 'unmerged'.
CREATE OR REPLACE FUNCTION settle_item(
    p_lane text, p_claim bigint, p_id text, p_outcome text, p_after bigint, p_counts boolean,
    p_may_have_arrived boolean, p_loss text, p_failure text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_lane lane := held_lane(p_lane, p_claim);
    v_item item;
    v_now timestamptz := clock();
    v_begun boolean;
BEGIN
    IF v_lane.lane IS NULL THEN
        RETURN false;
    END IF;
    v_item := claimed_item(v_lane, p_id);
    v_begun := v_lane.sending IS NOT DISTINCT FROM v_item.item;
    IF v_item.item IS NULL OR (v_lane.sending IS NOT NULL AND NOT v_begun) THEN
        RETURN false;
    END IF;
    PERFORM end_claim(v_lane.lane);
    UPDATE item SET interrupted = false, begun = false WHERE item = v_item.item;
    CASE p_outcome
    WHEN 'delivered' THEN
        IF v_item.rank = 1 THEN
            UPDATE lane SET last_sent = v_now WHERE lane = v_lane.lane;
        END IF;
        PERFORM finish(v_item, v_now, 0, NULL, NULL, false);
    WHEN 'deferred' THEN
        UPDATE item SET due = CASE WHEN p_after > 0 THEN v_now + span(p_after) END,
            attempts = attempts - CASE WHEN v_begun AND NOT p_counts THEN 1 ELSE 0 END,
            may_have_arrived = may_have_arrived OR p_may_have_arrived, failure = p_failure
        WHERE item = v_item.item;
    WHEN 'dead' THEN
        PERFORM finish(v_item, v_now, 1, p_loss, p_failure, p_may_have_arrived);
    WHEN 'unmerged' THEN
        PERFORM remember(v_item.id, v_now, 2);
        DELETE FROM item WHERE item = v_item.item;
        UPDATE item SET digest = NULL, member = NULL, alone = true WHERE digest = v_item.item;
    END CASE;
    RETURN true;
END $$;

-- Gives up an item that a program in another language added, and that is invalid.
CREATE OR REPLACE FUNCTION refuse_item(p_item bigint, p_loss text, p_failure text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_item item;
BEGIN
    SELECT * INTO v_item FROM item WHERE item = p_item AND by_sql FOR UPDATE;
    IF FOUND THEN
        PERFORM finish(v_item, clock(), 1, p_loss, p_failure, false);
    END IF;
    RETURN v_item.item IS NOT NULL;
END $$;

-- Numbers of notifications by lane: all, and those that are being sent. Of one lane, or of all that have some.
CREATE OR REPLACE FUNCTION pending(p_lane text) RETURNS TABLE (o_lane text, o_all bigint, o_sending bigint)
LANGUAGE sql STABLE AS $$
    SELECT lane.name, count(*),
        coalesce((SELECT greatest(members, 1) FROM item WHERE item = lane.sending), 0)::bigint
    FROM lane JOIN item USING (lane)
    WHERE item.members = 0 AND (p_lane IS NULL OR lane.name = p_lane)
    GROUP BY lane.lane ORDER BY lane.name COLLATE "C"
$$;

-- Numbers of the lanes that have notifications, with the oldest of the next ones: urgent, normal and deferred.
CREATE OR REPLACE FUNCTION lane_stats() RETURNS TABLE (
    o_lane text, o_all bigint, o_sending bigint, o_since timestamptz, o_robot text
) LANGUAGE sql STABLE AS $$
    SELECT p.o_lane, p.o_all, p.o_sending, min(n.enqueued), (array_agg(n.robot) FILTER (WHERE n.robot IS NOT NULL))[1]
    FROM pending(NULL) AS p JOIN lane ON lane.name = p.o_lane CROSS JOIN LATERAL (
        (SELECT enqueued, robot FROM item WHERE item.lane = lane.lane AND rank = 0 AND due IS NULL AND digest IS NULL
            ORDER BY position, page LIMIT 1)
        UNION ALL
        (SELECT enqueued, robot FROM item WHERE item.lane = lane.lane AND rank = 1 AND due IS NULL AND digest IS NULL
            ORDER BY position, page LIMIT 1)
        UNION ALL
        (SELECT enqueued, robot FROM item WHERE item.lane = lane.lane AND due IS NOT NULL ORDER BY due LIMIT 1)) AS n
    GROUP BY p.o_lane, p.o_all, p.o_sending ORDER BY p.o_lane COLLATE "C"
$$;

-- Removes an entry for good: the outcome, the number of notifications, and the digest that prevents it.
CREATE OR REPLACE FUNCTION remove_entry(p_id text, OUT o_outcome text, OUT o_count integer, OUT o_digest text)
LANGUAGE plpgsql AS $$
DECLARE
    v_item item;
BEGIN
    -- Its lane first, as every step that changes a claim.
    PERFORM FROM lane WHERE lane = (SELECT i.lane FROM item i WHERE i.id = p_id) FOR UPDATE;
    SELECT * INTO v_item FROM item WHERE id = p_id FOR UPDATE;
    IF FOUND THEN
        IF v_item.digest IS NOT NULL THEN
            SELECT id INTO o_digest FROM item WHERE item = v_item.digest;
            o_outcome := 'merged';
        ELSIF v_item.begun THEN
            o_outcome := 'sending';
        ELSE
            o_outcome := 'removed';
            o_count := greatest(v_item.members, 1);
            PERFORM finish(v_item, clock(), 3, NULL, NULL, false);
        END IF;
        RETURN;
    END IF;
    DELETE FROM dead WHERE id = p_id;
    o_outcome := CASE WHEN FOUND THEN 'removed' ELSE 'unknown' END;
    IF FOUND THEN
        o_count := 1;
        PERFORM remember(p_id, clock(), 3);
    END IF;
END $$;

-- Registers a dispatcher, and returns its number; null if it is to be alone, and is not.
CREATE OR REPLACE FUNCTION register(p_owner integer, p_name text, p_lanes text[], p_alone boolean) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_dispatcher bigint;
BEGIN
    IF p_alone THEN
        LOCK TABLE dispatcher IN SHARE ROW EXCLUSIVE MODE;
        IF EXISTS (SELECT FROM dispatcher WHERE alone AND NOT has_ended(owner)) THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO dispatcher (owner, name, lanes, alone, since) VALUES (p_owner, p_name, p_lanes, p_alone, clock())
    RETURNING dispatcher INTO v_dispatcher;
    RETURN v_dispatcher;
END $$;

-- Puts a dead letter back into its lane: 'added', 'full', or null if it is not found.
CREATE OR REPLACE FUNCTION redeliver(
    p_id text, p_urgent boolean, p_robot text, p_envelope text, p_failure text, p_capacity bigint
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_dead dead;
    v_number bigint;
BEGIN
    SELECT * INTO v_dead FROM dead WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF notifications() >= p_capacity THEN
        RETURN 'full';
    END IF;
    DELETE FROM dead WHERE id = p_id;
    v_number := nextval('number');
    INSERT INTO item (id, lane, rank, number, position, enqueued, may_have_arrived, failure, robot,
        envelope)
    VALUES (p_id, lane_of(v_dead.lane), CASE WHEN p_urgent THEN 0 ELSE 1 END, v_number, v_number, clock(),
        v_dead.may_have_arrived, p_failure, p_robot, p_envelope);
    PERFORM count_notifications(1);
    PERFORM tell(v_dead.lane, p_urgent);
    RETURN 'added';
END $$;

-- Removes what is too old, at most `p_max` rows of each table, and returns the number of removed ids: if it is `p_max`,
-- more are left. For a job, and called by running programs.
CREATE OR REPLACE FUNCTION clean(p_max integer DEFAULT 10000) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock();
    v_more bigint;
    v_ids bigint;
BEGIN
    WITH rows AS (
        DELETE FROM tally WHERE tally IN (SELECT tally FROM tally WHERE tally > 8 FOR UPDATE SKIP LOCKED)
        RETURNING notifications)
    SELECT sum(notifications) INTO v_more FROM rows;
    IF v_more <> 0 THEN
        UPDATE tally SET notifications = notifications + v_more WHERE tally = 1;
    END IF;
    DELETE FROM done WHERE id IN (
        SELECT id FROM done WHERE at < v_now - interval '7 days' LIMIT p_max FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_ids = ROW_COUNT;
    DELETE FROM dead WHERE dead IN (
        SELECT dead FROM dead WHERE at < v_now - interval '30 days' LIMIT p_max FOR UPDATE SKIP LOCKED);
    DELETE FROM dedupe WHERE (lane, key) IN (
        SELECT lane, key FROM dedupe WHERE at + span <= v_now OR at > v_now LIMIT p_max FOR UPDATE SKIP LOCKED);
    -- A count of suppressed notifications waits for a day.
    DELETE FROM throttle WHERE (lane, key) IN (
        SELECT lane, key FROM throttle
        WHERE at + span <= v_now AND (suppressed = 0 OR at + interval '1 day' <= v_now)
        LIMIT p_max FOR UPDATE SKIP LOCKED);
    DELETE FROM call WHERE key IN (
        SELECT key FROM call WHERE forget_at < (extract(epoch FROM v_now) * 1000000)::bigint
        LIMIT p_max FOR UPDATE SKIP LOCKED);
    DELETE FROM owner WHERE owner IN (
        SELECT owner FROM owner WHERE seen < v_now - interval '1 day' AND has_ended(owner)
        LIMIT p_max FOR UPDATE SKIP LOCKED);
    RETURN v_ids;
END $$;
