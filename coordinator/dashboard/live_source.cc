#include "coordinator/dashboard/live_source.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/json_text.h"
#include "common/base/text.h"
#include "common/protocol/log_name.h"
#include "coordinator/live/snapshot_text.h"

namespace unmask {
namespace {

constexpr Millis kRefresh{1'000};
constexpr int kBuildShare = 100;  // of the time, one part may be spent building
constexpr std::size_t kLogTail = 16 * 1024;

// Lines as they are, everything else that a terminal or page could take for more than text escaped.
std::string EscapeLines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += EscapeControl(text.substr(0, end));
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

SharedText LiveSource::SweepJson() {
  Refresh();
  return json_;
}

SharedText LiveSource::Metrics() {
  Refresh();
  return metrics_;
}

void LiveSource::Refresh() {
  const Millis begin = clock_.Now();
  if (json_ && begin < fresh_until_) return;
  const LiveSnapshot snapshot = build_();
  json_ = std::make_shared<const std::string>(SnapshotJson(snapshot));
  metrics_ = std::make_shared<const std::string>(SnapshotMetrics(snapshot));
  ++builds_;
  const Millis end = clock_.Now();
  fresh_until_ = end + std::max(kRefresh, kBuildShare * (end - begin));
}

std::optional<std::string> LiveSource::LogJson(const std::string& job_key, AttemptNumber attempt) {
  if (!knows_job_(job_key)) return std::nullopt;  // so that no path is made of what was sent
  return LogTailJson(store_.logs() / AttemptLogName(job_key, attempt), kLogTail);
}

std::optional<std::string> LogTailJson(const fs::path& path, std::size_t max_bytes) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const auto size = in ? static_cast<std::int64_t>(in.tellg()) : -1;
  if (size < 0) return std::nullopt;
  const std::int64_t from = std::max<std::int64_t>(0, size - static_cast<std::int64_t>(max_bytes));
  std::string tail(static_cast<std::size_t>(size - from), '\0');
  in.seekg(from);
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  tail.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
  if (from > 0) tail.erase(0, std::min(tail.size(), tail.find('\n') + 1));  // a line cut in two
  return JsonText({{"bytes", size}, {"truncated", from > 0}, {"text", EscapeLines(tail)}});
}

}  // namespace unmask
