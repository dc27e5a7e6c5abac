-- Reads a call. With `p_lock`, others wait with this question until the end of the transaction. `p_clock` takes the place
-- of the server's time in tests. A time that lies in the future was stored before the clock went back.
CREATE OR REPLACE FUNCTION read_call(
    p_key bytea, p_clock bigint, p_lock boolean,
    OUT o_now bigint, OUT o_meaning bytea, OUT o_id text, OUT o_state smallint, OUT o_at bigint, OUT o_process integer,
    OUT o_is_running boolean, OUT o_robot bytea, OUT o_delivered bigint, OUT o_parts bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_call call;
BEGIN
    IF p_lock THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('call ' || encode(p_key, 'hex'), lock_space()));
    END IF;
    o_now := coalesce(p_clock, micros(clock()));
    SELECT * INTO v_call FROM call WHERE key = p_key;
    IF FOUND THEN
        o_meaning := v_call.meaning;
        o_id := v_call.id;
        o_state := v_call.state;
        o_at := least(v_call.at, o_now);
        o_process := v_call.process;
        o_is_running := EXISTS (SELECT FROM owner WHERE owner = v_call.process) AND NOT has_ended(v_call.process);
        o_robot := v_call.robot;
        o_delivered := v_call.delivered;
        o_parts := v_call.parts;
    END IF;
END $$;

-- Stores the robot of an attempt, and the parts before it. Reports whether the claim is known.
CREATE OR REPLACE FUNCTION begin_call(
    p_key bytea, p_claim bigint, p_process integer, p_robot bytea, p_delivered bigint, p_parts bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE call SET robot = p_robot, delivered = p_delivered, parts = p_parts
    WHERE key = p_key AND claim = p_claim AND process = p_process AND state = 1;
    RETURN FOUND;
END $$;
