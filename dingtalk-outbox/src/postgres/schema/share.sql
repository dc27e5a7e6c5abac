-- Adds a notification of a source, whose ids begin with `p_notifications`, however full the queue is. If `p_places` of
-- them wait, or with `p_excess`, the notification goes into the source's digest: as a line, or as one more that the
-- digest counts. The first twelve parameters but the capacity are those of `enqueue_item`. Returns 'added', 'known',
-- 'suppressed', or 'merged' with the id of the digest.
CREATE OR REPLACE FUNCTION admit_item(
    p_lane text, p_id text, p_urgent boolean, p_expires timestamptz,
    p_dedupe_key text, p_dedupe_span bigint,
    p_throttle_key text, p_throttle_limit bigint, p_throttle_span bigint,
    p_robot text, p_envelope text,
    p_notifications text, p_places bigint, p_excess boolean,
    p_digests text, p_most bigint, p_lines integer, p_line text, p_digest_id text, p_digest text,
    p_marks text[], p_marked_for bigint, p_collects bigint,
    OUT o_outcome text, OUT o_digest text
) LANGUAGE plpgsql AS $$
DECLARE
    v_capacity constant bigint := 9223372036854775807;
    v_lane lane;
    v_now timestamptz;
    v_suppressed integer;
    v_content text;
    v_open item;
BEGIN
    IF p_excess OR (SELECT count(*) FROM item WHERE starts_with(id, p_notifications)) >= p_places THEN
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
        SELECT lane_of('marks'), mark, p_id, v_now, span(p_marked_for) FROM unnest(p_marks) AS mark
        ON CONFLICT (lane, key) DO UPDATE SET id = excluded.id, at = excluded.at, span = excluded.span;
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
    UPDATE item SET envelope = v_open.envelope, suppressed = suppressed + v_suppressed WHERE item = v_open.item;
END $$;
