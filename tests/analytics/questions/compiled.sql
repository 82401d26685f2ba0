-- status:error
-- {}
((trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (parent_span_id = '' AND status = 'error')) OR trace_id IN (SELECT trace_id FROM turn FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (status = 'error'))))

-- model:gpt-4o*
-- {'filter_0': 'gpt-4o%'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (request_model ILIKE {filter_0:String} OR response_model ILIKE {filter_0:String})))

-- provider:openai
-- {'filter_0': 'openai'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (provider ILIKE {filter_0:String})))

-- operation:retrieval
-- {'filter_0': 'retrieval'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (operation ILIKE {filter_0:String})))

-- name:answer*
-- {'filter_0': 'answer%'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (name ILIKE {filter_0:String})))

-- tool:find_order
-- {'filter_0': 'find\\_order'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (tool_name ILIKE {filter_0:String})))

-- service:shop
-- {'filter_0': 'shop'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (service_name ILIKE {filter_0:String})))

-- env:production
-- {'filter_0': 'production'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (environment ILIKE {filter_0:String})))

-- release:1.4*
-- {'filter_0': '1.4%'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (release ILIKE {filter_0:String})))

-- tag:beta
-- {'filter_0': 'beta'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (arrayExists(one -> one ILIKE {filter_0:String}, tags))))

-- prompt:answer@7
-- {'filter_0': 'answer@7'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (prompt_name != '' AND (prompt_name ILIKE {filter_0:String} OR concat(prompt_name, '@', prompt_version) ILIKE {filter_0:String}))))

-- error:Timeout*
-- {'filter_0': 'Timeout%'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (error_type ILIKE {filter_0:String})))

-- flag:repetition
-- {'filter_0': 'repetition'}
(trace_id IN (SELECT trace_id FROM flag FINAL WHERE project_id = {project_id:UInt32} AND turn_time >= fromUnixTimestamp64Nano({start:Int64}) AND turn_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (detector ILIKE {filter_0:String})))

-- severity:high
-- {'filter_0': 'high'}
(trace_id IN (SELECT trace_id FROM flag FINAL WHERE project_id = {project_id:UInt32} AND turn_time >= fromUnixTimestamp64Nano({start:Int64}) AND turn_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (severity = {filter_0:String})))

-- source:document
-- {'filter_0': '"source":"document"'}
(trace_id IN (SELECT trace_id FROM flag FINAL WHERE project_id = {project_id:UInt32} AND turn_time >= fromUnixTimestamp64Nano({start:Int64}) AND turn_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (position(evidence, {filter_0:String}) > 0)))

-- cause:retrieval_failed
-- {'filter_0': 'retrieval\\_failed'}
(trace_id IN (SELECT trace_id FROM score FINAL WHERE project_id = {project_id:UInt32} AND trace_id != '' AND (name = 'cause' AND value >= 0.8 AND label ILIKE {filter_0:String})))

-- topic:"late parcels"
-- {'filter_0': [1]}
(trace_id IN (SELECT trace_id FROM turn FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND conversation_id IN (SELECT conversation_id FROM topic_assignment FINAL WHERE project_id = {project_id:UInt32} AND fit_id = {fit_id:UInt32} AND (topic_id IN {filter_0:Array(UInt32)}))))

-- user:ann
-- {'filter_0': 'ann'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (user_id = {filter_0:String})))

-- conversation:c-17
-- {'filter_0': 'c-17'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (conversation_id = {filter_0:String} OR trace_id = {filter_0:String})))

-- trace:4bf92f*
-- {'filter_0': '4bf92f%'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (trace_id LIKE {filter_0:String})))

-- latency:>2s
-- {'filter_0': 2000.0}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) GROUP BY trace_id HAVING (toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time))) / 1e6 > {filter_0:Float64}))

-- ttft:>800ms
-- {'filter_0': 800.0}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) GROUP BY trace_id HAVING min(time_to_first_token_ms) > {filter_0:Float64}))

-- cost:>0.01
-- {'filter_0': 0.01}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) GROUP BY trace_id HAVING sumIf(cost_usd, operation IN ('chat', 'embeddings', 'generate_content', 'rerank', 'text_completion')) > {filter_0:Float64}))

-- tokens:>1000
-- {'filter_0': 1000.0}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) GROUP BY trace_id HAVING sumIf(input_tokens + output_tokens, operation IN ('chat', 'embeddings', 'generate_content', 'rerank', 'text_completion')) > {filter_0:Float64}))

-- spans:>20
-- {'filter_0': 20.0}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) GROUP BY trace_id HAVING count() > {filter_0:Float64}))

-- has:feedback
-- {}
(trace_id IN (SELECT trace_id FROM score FINAL WHERE project_id = {project_id:UInt32} AND trace_id != '' AND (source IN ('client', 'human'))))

-- -refund
-- {'filter_0': 'refund'}
NOT ((trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (positionCaseInsensitiveUTF8(input_preview, {filter_0:String}) > 0 OR positionCaseInsensitiveUTF8(output_preview, {filter_0:String}) > 0 OR positionCaseInsensitiveUTF8(name, {filter_0:String}) > 0 OR positionCaseInsensitiveUTF8(status_message_preview, {filter_0:String}) > 0)) OR trace_id IN (SELECT trace_id FROM turn FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (positionCaseInsensitiveUTF8(input_text, {filter_0:String}) > 0 OR positionCaseInsensitiveUTF8(output_text, {filter_0:String}) > 0))))

-- user:a*
-- {'filter_0': 'a%'}
(trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({span_end:Int64}) AND (user_id LIKE {filter_0:String})))
