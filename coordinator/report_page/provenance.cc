// The end of the page: what was run, by what, on what; and what went wrong.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/json_text.h"
#include "common/base/text.h"
#include "coordinator/report/escape.h"
#include "coordinator/report_page/page.h"

namespace unmask {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostRuns = 50;

std::string Fact(const std::string& name, const std::string& value) {
  return "<tr><th scope=\"row\">" + name + "</th><td>" + EscapeHtml(value) + "</td></tr>\n";
}

// Every "sha256" list of the configuration: the data sets, pictures and models of the jobs.
void CollectFingerprints(const Json& json, std::set<std::string>& found) {
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) {
    const bool list = key == "sha256" && value.is_array();
    for (const Json& one : list ? value : Json::array()) {
      if (one.is_string()) found.insert(one.get<std::string>());
    }
    CollectFingerprints(value, found);
  }
}

std::string TextAt(const Json& json, const char* key) {
  const auto at = json.is_object() ? json.find(key) : json.end();
  if (!json.is_object() || at == json.end() || at->is_null()) return "";
  return at->is_string() ? at->get<std::string>() : JsonText(*at);
}

std::string Facts(const ReportData& data, const Json& config) {
  std::set<std::string> fingerprints;
  CollectFingerprints(config, fingerprints);
  std::set<std::string> builds;
  for (const RunRow& run : data.runs) builds.insert(run.build);
  std::set<std::string> classes;
  std::set<std::string> devices;
  for (const SpanRow& span : data.spans) {
    classes.insert(span.attempt.numerics_class);
    devices.insert(span.attempt.device + " (" + span.attempt.host + ")");
  }
  std::set<std::string> engines;
  std::set<std::string> features;
  double seconds = 0;
  std::set<std::string> jobs;
  for (const JobRow& job : data.results.jobs) {
    engines.insert(job.engine);
    features.insert(job.features);
    if (jobs.insert(job.job_key).second) seconds += job.seconds.value_or(0);
  }
  const auto list = [](const std::set<std::string>& values) {
    return values.empty() ? std::string("–") : fmt::format("{}", fmt::join(values, ", "));
  };
  return "<div class=\"wide\"><table class=\"facts\"><tbody>\n" + Fact("Sweep", data.sweep.sweep) +
         Fact("Configuration, SHA-256", data.sweep.config_sha256) +
         Fact("Data sets, pictures and models, SHA-256", list(fingerprints)) +
         Fact("Built as", list(builds)) + Fact("Engine", list(engines)) +
         Fact("Features", list(features)) + Fact("Numerics", list(classes)) +
         Fact("Devices", list(devices)) +
         Fact("Training time", fmt::format("{:.0f} s, of all jobs together", seconds)) +
         "</tbody></table></div>\n";
}

std::string Runs(const ReportData& data) {
  std::string out =
      "<h3>Runs</h3>\n<div class=\"wide\"><table class=\"list\"><thead><tr>"
      "<th scope=\"col\">Coordinator</th><th scope=\"col\">Started</th><th scope=\"col\">Build</th>"
      "<th scope=\"col\">Workers</th><th scope=\"col\">Host</th><th scope=\"col\">Overrides</th>"
      "</tr></thead><tbody>\n";
  const std::size_t first = data.runs.size() - std::min(kMostRuns, data.runs.size());
  for (std::size_t i = first; i < data.runs.size(); ++i) {
    const RunRow& run = data.runs[i];
    const Json provenance = Json::parse(run.provenance_json, nullptr, false);
    out += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", run.epoch,
        EscapeHtml(run.started_at), EscapeHtml(run.build),
        EscapeHtml(TextAt(provenance, "workers")), EscapeHtml(TextAt(provenance, "host")),
        EscapeHtml(TextAt(provenance, "overrides")));
  }
  out += "</tbody></table></div>\n";
  if (first > 0)
    out += fmt::format("<p class=\"quiet\">{} earlier runs are left out.</p>\n", first);
  return out;
}

}  // namespace

std::string ProvenanceHtml(const ReportData& data) {
  const Json config = Json::parse(data.texts.config_json, nullptr, false);
  std::string out = Facts(data, config);
  if (!data.runs.empty()) out += Runs(data);
  const std::string pretty = config.is_discarded() ? data.texts.config_json : JsonText(config, 2);
  std::string lines;  // line by line, since line ends are escaped within a text
  for (const std::string& line : Split(pretty, '\n')) lines += EscapeHtml(line) + "\n";
  return out + "<details>\n<summary>Resolved configuration</summary>\n<pre>" + lines +
         "</pre>\n</details>\n";
}

std::string FailuresHtml(const ReportData& data) {
  if (data.dead_jobs.empty() && data.progress.failures.empty()) return "";
  std::vector<std::string> counts;
  counts.reserve(data.progress.failures.size());
  for (const FailureCount& failure : data.progress.failures) {
    counts.push_back(fmt::format("{} {}", failure.attempts, failure.error_class));
  }
  std::string out = "<h3 id=\"failures\">Failures</h3>\n";
  if (!counts.empty()) out += "<p>Attempts: " + EscapeHtml(Join(counts, ", ")) + ".</p>\n";
  if (data.dead_jobs.empty())
    return out + "<p>Every job that failed was done by another attempt or waits for one.</p>\n";
  out +=
      "<div class=\"wide\"><table class=\"list\"><thead><tr><th scope=\"col\">Job</th>"
      "<th scope=\"col\">State</th><th scope=\"col\">Held out</th><th scope=\"col\">Error</th>"
      "</tr></thead><tbody>\n";
  for (const DeadJobRow& job : data.dead_jobs) {
    out += "<tr><td>" + job.job_key.substr(0, 12) + "</td><td>" + std::string(Name(job.state)) +
           "</td><td>" + EscapeHtml(job.held_out) + "</td><td>" + EscapeHtml(job.error) +
           "</td></tr>\n";
  }
  out += "</tbody></table></div>\n";
  const std::int64_t more = data.progress.jobs.dead() - std::ssize(data.dead_jobs);
  if (more > 0) out += fmt::format("<p class=\"quiet\">and {} more: unmask status</p>\n", more);
  return out;
}

}  // namespace unmask
