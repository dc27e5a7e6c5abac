-- Microseconds since 1970.
CREATE OR REPLACE FUNCTION micros(p_time timestamptz) RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT (extract(epoch FROM p_time) * 1000000)::bigint $$;

-- Locks a robot, which is added unless it exists, and moves its times if the clock went back, as it does after a
-- failover to a server whose clock is behind. `p_clock` takes the place of the server's time in tests.
CREATE OR REPLACE FUNCTION lock_robot(
    p_key bytea, p_clock bigint, OUT o_now bigint, OUT o_robot bigint, OUT o_full_at bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_robot robot;
BEGIN
    SELECT * INTO v_robot FROM robot WHERE key = p_key FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO robot (key) VALUES (p_key) ON CONFLICT DO NOTHING;
        SELECT * INTO v_robot FROM robot WHERE key = p_key FOR UPDATE;
    END IF;
    -- Read after the lock was granted, so that times of transactions are in their order.
    o_now := coalesce(p_clock, micros(clock()));
    o_robot := v_robot.robot;
    o_full_at := v_robot.full_at;
    IF o_now >= v_robot.seen THEN
        RETURN;
    END IF;
    IF o_now + 1000000 >= v_robot.seen THEN
        o_now := v_robot.seen;
        RETURN;
    END IF;
    o_full_at := o_now;
    -- Unlike `min` in SQLite, `least` ignores nulls, which would end slots that are open.
    UPDATE slot SET begun = least(begun, o_now), ended = CASE WHEN ended > o_now THEN o_now ELSE ended END,
        ends_by = CASE WHEN ends_by <= o_now THEN ends_by WHEN ends_by <= v_robot.seen THEN o_now
            ELSE ends_by - v_robot.seen + o_now END
    WHERE robot = o_robot;
    UPDATE pace SET seen = least(seen, o_now) WHERE robot = o_robot;
    -- The span that was left at the last transaction is left now.
    UPDATE rest SET until = until - v_robot.seen + o_now WHERE robot = o_robot;
    UPDATE robot SET seen = o_now, full_at = o_now WHERE robot = o_robot;
END $$;

-- Returns everything that a decision on a robot depends on. `p_lock` locks the robot, which is added unless it exists.
-- `p_clock` and `p_month` take the place of the server's time in tests. Rows follow each other in the arrays.
CREATE OR REPLACE FUNCTION read_window(
    p_key bytea, p_egress text, p_clock bigint, p_month bigint, p_lock boolean,
    OUT o_now bigint, OUT o_robot bigint, OUT o_full_at bigint, OUT o_month bigint,
    OUT o_slots bigint[], OUT o_rests bigint[], OUT o_waiting bigint[], OUT o_paces bigint[], OUT o_used bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_robot robot;
    v_date timestamp;
BEGIN
    IF p_lock THEN
        SELECT * INTO o_now, o_robot, o_full_at FROM lock_robot(p_key, p_clock);
    ELSE
        SELECT * INTO v_robot FROM robot WHERE key = p_key;
        o_now := coalesce(p_clock, micros(clock()));
        o_robot := v_robot.robot;
        o_full_at := v_robot.full_at;
        IF o_now < v_robot.seen AND o_now + 1000000 >= v_robot.seen THEN
            o_now := v_robot.seen;
        ELSIF o_now < v_robot.seen THEN
            o_full_at := o_now;
        END IF;
    END IF;
    v_date := (to_timestamp(o_now / 1000000.0) AT TIME ZONE 'UTC') + interval '8 hours';
    o_month := coalesce(p_month, (extract(year FROM v_date) - 1970) * 12 + extract(month FROM v_date) - 1);
    o_slots := ARRAY(
        SELECT unnest(ARRAY[slot, month, begun, ends_by, coalesce(ended, -1)]) FROM slot WHERE robot = o_robot);
    o_rests := ARRAY(
        SELECT unnest(ARRAY[block, least(until, o_now + span)]) FROM rest
        WHERE (robot = o_robot OR robot = 0 AND egress = p_egress) AND until > o_now);
    o_waiting := ARRAY(SELECT unnest((
        SELECT array_agg(ARRAY[waiter, urgent::integer, sender, least(alive_until, o_now + 2000000)]
            ORDER BY urgent DESC, number)
        FROM waiter JOIN sender USING (sender) WHERE robot = o_robot)));
    o_paces := ARRAY(SELECT unnest(ARRAY[slots, reserve, span, seen]) FROM pace WHERE robot = o_robot);
    o_used := ARRAY(
        SELECT unnest(ARRAY[used, delivered, refused]) FROM month WHERE robot = o_robot AND month = o_month);
END $$;

-- Changes the counters of a month.
CREATE OR REPLACE FUNCTION count_requests(
    p_robot bigint, p_month bigint, p_used bigint, p_delivered bigint, p_refused bigint
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO month (robot, month, used, delivered, refused)
    VALUES (p_robot, p_month, greatest(0, p_used), p_delivered, p_refused)
    ON CONFLICT (robot, month) DO UPDATE SET used = greatest(0, month.used + p_used),
        delivered = month.delivered + p_delivered, refused = month.refused + p_refused
$$;

-- Takes a slot, which is the whole decision, if nobody waits who goes before, the robot does not rest, and fewer slots
-- than allowed have begun or ended within the window. Otherwise, `o_taken` is false, and the program decides.
-- `p_slots`, `p_reserve` and `p_span` are the pace of the program, which is recorded if `p_records` is set; paces that others
-- have recorded within the time `p_lasts` hold, too. An unknown past fills windows of at most `p_fills` slots.
-- `p_waiter` is the row of the message if it has waited.
CREATE OR REPLACE FUNCTION take_slot(
    p_key bytea, p_egress text, p_clock bigint, p_month bigint,
    p_slot bigint, p_waiter bigint, p_urgent boolean, p_holds bigint,
    p_slots bigint, p_reserve bigint, p_span bigint, p_records boolean, p_lasts bigint, p_fills bigint,
    OUT o_taken boolean,
    OUT o_now bigint, OUT o_robot bigint, OUT o_full_at bigint, OUT o_month bigint,
    OUT o_slots bigint[], OUT o_rests bigint[], OUT o_waiting bigint[], OUT o_paces bigint[], OUT o_used bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_slots bigint;
    v_reserve bigint;
    v_span bigint;
    v_number bigint;
BEGIN
    SELECT * INTO o_now, o_robot, o_full_at, o_month, o_slots, o_rests, o_waiting, o_paces, o_used
    FROM read_window(p_key, p_egress, p_clock, p_month, true);
    SELECT least(p_slots, min(slots)), greatest(p_reserve, max(reserve)), greatest(p_span, max(span))
    INTO v_slots, v_reserve, v_span FROM pace WHERE robot = o_robot AND seen > o_now - p_lasts;
    SELECT number INTO v_number FROM waiter WHERE waiter = p_waiter;
    o_taken := cardinality(o_rests) = 0
        AND (o_full_at IS NULL OR v_slots > p_fills OR o_full_at + v_span <= o_now)
        AND NOT EXISTS (SELECT FROM waiter JOIN sender USING (sender)
            WHERE robot = o_robot
                AND (urgent AND NOT p_urgent OR urgent = p_urgent AND (number < v_number) IS NOT FALSE)
                AND waiter IS DISTINCT FROM p_waiter AND alive_until > o_now)
        AND (SELECT count(*) FROM slot WHERE robot = o_robot AND coalesce(ended, ends_by) + v_span > o_now)
            < CASE WHEN p_urgent THEN v_slots ELSE greatest(v_slots - v_reserve, 1) END;
    IF NOT o_taken THEN
        -- Nothing is lost.
        PERFORM set_config('synchronous_commit', 'off', true);
        RETURN;
    END IF;
    DELETE FROM slot WHERE robot = o_robot AND coalesce(ended, ends_by) <= o_now - v_span;
    INSERT INTO slot (robot, slot, month, begun, ends_by) VALUES (o_robot, p_slot, o_month, o_now, o_now + p_holds);
    DELETE FROM waiter WHERE waiter = p_waiter;
    PERFORM count_requests(o_robot, o_month, 1, 0, 0);
    IF p_records THEN
        DELETE FROM pace WHERE robot = o_robot AND seen <= o_now - p_lasts;
        INSERT INTO pace (robot, slots, reserve, span, seen) VALUES (o_robot, p_slots, p_reserve, p_span, o_now)
        ON CONFLICT (robot, slots, reserve, span) DO UPDATE SET seen = excluded.seen;
    END IF;
    UPDATE robot SET seen = greatest(seen, o_now), change = change + 1 WHERE robot = o_robot;
END $$;

-- Ends a slot, or removes one that was not used. Has no effect on one that has ended.
CREATE OR REPLACE FUNCTION end_slot(
    p_key bytea, p_clock bigint, p_slot bigint, p_was_used boolean, p_delivered bigint, p_refused bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_now bigint;
    v_robot bigint;
    v_month bigint;
BEGIN
    -- If the server crashed at once, the slot would count for longer.
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT o_now, o_robot INTO v_now, v_robot FROM lock_robot(p_key, p_clock);
    IF p_was_used THEN
        UPDATE slot SET ended = least(v_now, ends_by) WHERE robot = v_robot AND slot = p_slot AND ended IS NULL
        RETURNING month INTO v_month;
    ELSE
        DELETE FROM slot WHERE robot = v_robot AND slot = p_slot AND ended IS NULL AND ends_by > v_now
        RETURNING month INTO v_month;
    END IF;
    IF v_month IS NULL THEN
        RETURN;
    END IF;
    PERFORM count_requests(v_robot, v_month, CASE WHEN p_was_used THEN 0 ELSE -1 END, p_delivered, p_refused);
    UPDATE robot SET seen = greatest(seen, v_now), change = change + 1 WHERE robot = v_robot;
END $$;

-- Returns the part of robots that waiters of a program have to know: the number of changes, true if one of them is the
-- first waiter, and the end of the latest rest.
CREATE OR REPLACE FUNCTION look_at_windows(p_keys bytea[], p_egress text, p_clock bigint, p_sender bigint)
RETURNS TABLE (o_key bytea, o_change bigint, o_first boolean, o_rest bigint) LANGUAGE plpgsql AS $$
DECLARE
    v_now bigint := coalesce(p_clock, micros(clock()));
BEGIN
    RETURN QUERY SELECT r.key, r.change,
        coalesce((SELECT w.sender = p_sender FROM waiter w JOIN sender s USING (sender)
            WHERE w.robot = r.robot AND (s.alive_until > greatest(v_now, r.seen) OR w.sender = p_sender)
            ORDER BY w.urgent DESC, w.number LIMIT 1), true),
        (SELECT max(until) FROM rest
            WHERE (rest.robot = r.robot OR rest.robot = 0 AND rest.egress = p_egress) AND until > v_now)
    FROM robot r WHERE r.key = ANY(p_keys);
END $$;
