-- Microseconds since 1970.
CREATE OR REPLACE FUNCTION micros(p_time timestamptz) RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT (extract(epoch FROM p_time) * 1000000)::bigint $$;

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
        SELECT * INTO v_robot FROM robot WHERE key = p_key FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO robot (key) VALUES (p_key) ON CONFLICT DO NOTHING;
            SELECT * INTO v_robot FROM robot WHERE key = p_key FOR UPDATE;
        END IF;
    ELSE
        SELECT * INTO v_robot FROM robot WHERE key = p_key;
    END IF;
    -- Read after the lock was granted, so that times of transactions are in their order.
    o_now := coalesce(p_clock, micros(clock()));
    o_robot := v_robot.robot;
    o_full_at := v_robot.full_at;
    IF o_now < v_robot.seen THEN
        IF o_now + 1000000 >= v_robot.seen THEN
            o_now := v_robot.seen;
        ELSE
            -- The clock went back, as it does after a failover to a server whose clock is behind.
            o_full_at := o_now;
            IF p_lock THEN
                -- Unlike `min` in SQLite, `least` ignores nulls, which would end slots that are open.
                UPDATE slot SET begun = least(begun, o_now), ended = CASE WHEN ended > o_now THEN o_now ELSE ended END,
                    ends_by = CASE WHEN ends_by <= o_now THEN ends_by WHEN ends_by <= v_robot.seen THEN o_now
                        ELSE ends_by - v_robot.seen + o_now END
                WHERE robot = o_robot;
                UPDATE pace SET seen = least(seen, o_now) WHERE robot = o_robot;
                -- The span that was left at the last transaction is left now.
                UPDATE rest SET until = until - v_robot.seen + o_now WHERE robot = o_robot;
                UPDATE robot SET seen = o_now, full_at = o_now WHERE robot = o_robot;
            END IF;
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
