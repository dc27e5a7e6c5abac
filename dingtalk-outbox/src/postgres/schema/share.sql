-- Returns the mentions of a digest, and those of one more notification, as far as there is room.
CREATE OR REPLACE FUNCTION merged_mentions(
    p_mentions jsonb, p_mobiles text[], p_user_ids text[], p_everybody boolean, p_most bigint
) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    WITH added (is_mobile, id, place) AS (
        SELECT true, * FROM jsonb_array_elements_text(coalesce(p_mentions -> 'mobiles', '[]')) WITH ORDINALITY
        UNION ALL
        SELECT false, * FROM jsonb_array_elements_text(coalesce(p_mentions -> 'user_ids', '[]')) WITH ORDINALITY
        UNION ALL
        SELECT true, id, 1000 + place FROM unnest(p_mobiles) WITH ORDINALITY AS mobile (id, place)
        UNION ALL
        SELECT false, id, 2000 + place FROM unnest(p_user_ids) WITH ORDINALITY AS user_id (id, place)
    ), people AS (
        SELECT is_mobile, id, min(place) AS place FROM added GROUP BY is_mobile, id ORDER BY place LIMIT p_most
    )
    SELECT jsonb_build_object(
        'mobiles', coalesce(jsonb_agg(id ORDER BY place) FILTER (WHERE is_mobile), '[]'),
        'user_ids', coalesce(jsonb_agg(id ORDER BY place) FILTER (WHERE NOT is_mobile), '[]'),
        'all', p_everybody OR coalesce((p_mentions ->> 'all')::boolean, false))
    FROM people
$$;

-- Adds a notification of a source, whose ids begin with `p_notifications`, however full the queue is. If `p_places` of
-- them wait, or with `p_excess`, the notification goes into the source's digest: as a line, or as one more that the
-- digest counts. The first twelve parameters but the capacity are those of `enqueue_item`. Returns 'added', 'known',
-- 'suppressed', or 'merged' with the id of the digest.
CREATE OR REPLACE FUNCTION admit_item(
    p_lane text, p_id text, p_urgent boolean, p_expires timestamptz,
    p_dedupe_key text, p_dedupe_span bigint,
    p_throttle_key text, p_throttle_limit bigint, p_throttle_span bigint,
    p_robot text, p_envelope text,
    p_notifications text, p_places bigint, p_per_minute bigint,
    p_digests text, p_most bigint, p_lines integer, p_line text, p_digest_id text, p_digest text,
    p_marks text[], p_marked_for bigint, p_collects bigint,
    p_mobiles text[], p_user_ids text[], p_everybody boolean, p_most_mentions bigint,
    OUT o_outcome text, OUT o_digest text
) LANGUAGE plpgsql AS $$
DECLARE
    v_capacity constant bigint := 9223372036854775807;
    v_lane lane;
    v_now timestamptz;
    v_suppressed integer;
    v_content text;
    v_open item;
    v_marks constant bigint := lane_of('marks');
    v_times timestamptz[];
BEGIN
    IF p_per_minute IS NOT NULL THEN
        -- One transaction at a time decides on a source.
        PERFORM pg_advisory_xact_lock(hashtextextended(p_notifications, -1 - v_marks));
        v_now := clock();
        v_times := ARRAY(
            SELECT t FROM throttle, unnest(times) AS t
            WHERE lane = v_marks AND key = p_notifications AND t <= v_now AND t > v_now - interval '1 minute');
    END IF;
    IF cardinality(v_times) >= p_per_minute OR (SELECT count(*) FROM item WHERE starts_with(id, p_notifications)) >= p_places THEN
        PERFORM lane_of(p_lane);
        SELECT * INTO v_lane FROM lane WHERE name = p_lane FOR UPDATE;
        v_now := clock();
        -- A digest that no worker has read, and that was not tried.
        SELECT * INTO v_open FROM item
        WHERE lane = v_lane.lane AND starts_with(id, p_digests) AND digest IS NULL AND attempts = 0 AND NOT begun
            AND NOT may_have_arrived AND NOT (due IS NULL AND holds(v_lane, v_now, NULL) AND number <= v_lane.to_number
                AND (rank, position, page) <= (v_lane.to_rank, v_lane.to_position, v_lane.to_page))
        ORDER BY number DESC LIMIT 1 FOR UPDATE;
        o_digest := coalesce(v_open.id, p_digest_id);
        IF v_open.id IS NULL AND (SELECT count(*) FROM item WHERE starts_with(id, p_digests)) >= p_most THEN
            RAISE EXCEPTION 'too many digests of one source wait';
        END IF;
    END IF;
    SELECT e.o_outcome INTO o_outcome FROM enqueue_item(
        p_lane, p_id, p_urgent, p_expires, p_dedupe_key, p_dedupe_span, p_throttle_key, p_throttle_limit,
        p_throttle_span, p_robot, p_envelope, v_capacity) AS e;
    IF o_outcome IN ('added', 'suppressed') AND cardinality(p_marks) > 0 THEN
        v_now := clock();
        INSERT INTO dedupe (lane, key, id, at, span)
        SELECT v_marks, mark, p_id, v_now, span(p_marked_for) FROM unnest(p_marks) AS mark
        ON CONFLICT (lane, key) DO UPDATE SET id = excluded.id, at = excluded.at, span = excluded.span;
    END IF;
    IF o_outcome = 'added' AND o_digest IS NULL AND p_per_minute IS NOT NULL THEN
        INSERT INTO throttle (lane, key, times, at, span)
        VALUES (v_marks, p_notifications, v_times || clock(), clock(), interval '1 minute')
        ON CONFLICT (lane, key) DO UPDATE SET times = excluded.times, at = excluded.at;
    END IF;
    IF o_outcome <> 'added' OR o_digest IS NULL THEN
        RETURN;
    END IF;
    -- It is in the digest instead. Its keys remain.
    DELETE FROM item WHERE id = p_id RETURNING suppressed INTO v_suppressed;
    PERFORM count_notifications(-1);
    o_outcome := 'merged';
    IF v_open.id IS NULL THEN
        PERFORM enqueue_item(
            p_lane, p_digest_id, false, p_expires, NULL, NULL, NULL, NULL, NULL, p_robot, p_digest, v_capacity);
        UPDATE item SET suppressed = v_suppressed, due = clock() + span(p_collects) WHERE id = p_digest_id;
        RETURN;
    END IF;
    v_content := v_open.envelope::jsonb #>> '{message,content}';
    IF length(v_content) - length(replace(v_content, E'\n', '')) >= p_lines THEN
        v_suppressed := v_suppressed + 1;
    ELSE
        v_open.envelope := jsonb_set(
            v_open.envelope::jsonb, '{message,content}', to_jsonb(v_content || E'\n' || p_line))::text;
    END IF;
    v_open.envelope := jsonb_set(v_open.envelope::jsonb, '{message,mentions}', merged_mentions(
        v_open.envelope::jsonb #> '{message,mentions}', p_mobiles, p_user_ids, p_everybody, p_most_mentions))::text;
    UPDATE item SET envelope = v_open.envelope, suppressed = suppressed + v_suppressed WHERE item = v_open.item;
END $$;
