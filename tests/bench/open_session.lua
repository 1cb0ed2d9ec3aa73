-- wrk: one payment session a request, as Commerce asks for it; the server mints the terminal.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["x-api-key"] = os.getenv("BENCH_API_KEY")
wrk.body = '{"type":"payment","payment":{"amount":4450,"currency_code":"EUR","order_id":"agora-1"},' ..
  '"continuation":{"success":"http://localhost/paid","error":"http://localhost/failed"}}'

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
