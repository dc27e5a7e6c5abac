-- Adds a notification within the transaction of the caller, which needs no right but to execute this function:
--
--     SELECT * FROM {schema}.enqueue('ops', '{"type": "text", "content": "Disk is full"}');
--
-- `p_robot` is the name of a robot that a program has registered, or a lane. `p_message` is a message in the stored form.
-- `p_options` are properties of the stored envelope: "id", "urgency", "group", "digest_line", "dedupe", "throttle",
-- "expires_at_ms". Fails if the message is invalid or the queue is full, so that the transaction cannot ignore it.
CREATE OR REPLACE FUNCTION enqueue(
    p_robot text, p_message jsonb, p_options jsonb DEFAULT '{}', OUT id text, OUT outcome text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_lane text;
    v_now timestamptz := clock();
    v_key text;
    v_missing text;
    v_envelope jsonb;
    v_expires bigint;
    v_added record;
BEGIN
    SELECT alias.lane INTO v_lane FROM alias WHERE alias.robot = p_robot;
    IF NOT FOUND THEN
        IF p_robot !~ '^(robot|pool):[0-9a-f]{64}$' THEN
            RAISE EXCEPTION 'unknown robot "%"; no program that delivers has registered it', p_robot
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        v_lane := p_robot;
    END IF;
    SELECT string_agg(key, ', ') INTO v_key FROM jsonb_object_keys(p_options) AS key WHERE key NOT IN
        ('id', 'urgency', 'group', 'digest_line', 'dedupe', 'throttle', 'expires_at_ms');
    IF v_key IS NOT NULL THEN
        RAISE EXCEPTION 'unknown option: %', v_key USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT string_agg(key, ', ') INTO v_missing FROM unnest(CASE p_message ->> 'type'
        WHEN 'text' THEN ARRAY['content']
        WHEN 'markdown' THEN ARRAY['title', 'text']
        WHEN 'link' THEN ARRAY['title', 'text', 'url']
        WHEN 'action_card' THEN ARRAY['title', 'text', 'buttons']
        WHEN 'feed_card' THEN ARRAY['items']
        ELSE ARRAY['type (one of text, markdown, link, action_card, feed_card)']
    END) AS key WHERE CASE key
        WHEN 'buttons' THEN jsonb_typeof(p_message -> key) IS DISTINCT FROM 'array' OR p_message -> key = '[]'
        WHEN 'items' THEN jsonb_typeof(p_message -> key) IS DISTINCT FROM 'array' OR p_message -> key = '[]'
        ELSE jsonb_typeof(p_message -> key) IS DISTINCT FROM 'string' OR trim(p_message ->> key) = ''
    END;
    IF v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'the message has no valid %', v_missing USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF octet_length(p_message::text) > 100000 THEN
        RAISE EXCEPTION 'the message is longer than 100,000 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(p_options ->> 'urgency', 'normal') NOT IN ('normal', 'urgent') THEN
        RAISE EXCEPTION 'invalid urgency "%"; expected "normal" or "urgent"', p_options ->> 'urgency'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    id := coalesce(nullif(trim(p_options ->> 'id'), ''), replace(gen_random_uuid()::text, '-', ''));
    v_expires := coalesce((p_options ->> 'expires_at_ms')::bigint,
        (extract(epoch FROM v_now + interval '1 day') * 1000)::bigint);
    v_envelope := p_options || jsonb_build_object(
        'form', 1, 'id', id, 'robot', p_robot, 'message', p_message, 'urgency', coalesce(p_options ->> 'urgency', 'normal'),
        'expires_at_ms', v_expires);
    SELECT * INTO v_added FROM enqueue_item(
        v_lane, id, p_options ->> 'urgency' = 'urgent', to_timestamp(v_expires / 1000.0),
        p_options #>> '{dedupe,key}', (p_options #>> '{dedupe,span_ms}')::bigint,
        p_options #>> '{throttle,key}', (p_options #>> '{throttle,limit}')::bigint,
        (p_options #>> '{throttle,span_ms}')::bigint,
        p_robot, v_envelope::text, (SELECT meta.capacity FROM meta));
    IF v_added.o_outcome = 'full' THEN
        RAISE EXCEPTION 'the queue is full' USING ERRCODE = 'configuration_limit_exceeded';
    END IF;
    UPDATE item SET by_sql = true WHERE item.id = enqueue.id AND v_added.o_outcome IN ('added', 'displaced');
    outcome := CASE v_added.o_outcome WHEN 'displaced' THEN 'added' ELSE v_added.o_outcome END;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC;
