#include "coordinator/dashboard/routes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "common/base/text.h"
#include "coordinator/dashboard/page_files.h"

namespace unmask {
namespace {

constexpr std::string_view kJson = "application/json";

SharedText Share(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

std::string_view TypeOf(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

// The page's links carry the token on, since there are no cookies.
std::string WithToken(const std::string& text, const std::string& token) {
  constexpr std::string_view kPlace = "@TOKEN@";
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, from)) {
    out += text.substr(from, at - from) + token;
    from = at + kPlace.size();
  }
  return out + text.substr(from);
}

Response PageResponse(const std::string& path, const std::string& token) {
  const std::string name = path == "/" ? "index.html" : path.substr(1);
  const auto found = std::ranges::find(PageFiles(), name, &EmbeddedFile::name);
  if (found == PageFiles().end()) return RefusalResponse({404, "there is nothing here"});
  return {200, std::string(TypeOf(name)), Share(WithToken(found->text, token)), false};
}

Response LogResponse(const Target& target, DashboardSource& source) {
  const auto job = target.params.find("job");
  const auto number = target.params.find("attempt");
  if (job == target.params.end() || number == target.params.end()) {
    return RefusalResponse({400, "needs job=KEY and attempt=N"});
  }
  const auto attempt = ParseInt(number->second);
  if (!attempt || *attempt < 1 || *attempt > std::numeric_limits<std::int32_t>::max()) {
    return RefusalResponse({400, "attempt is a number from 1 on"});
  }
  auto log = source.LogJson(job->second, AttemptNumber{static_cast<std::int32_t>(*attempt)});
  if (!log) return RefusalResponse({404, "there is no such log"});
  return {200, std::string(kJson), Share(*std::move(log)), false};
}

}  // namespace

Response RefusalResponse(const Refusal& refusal) {
  return {refusal.status, "text/plain; charset=utf-8", Share(refusal.reason + "\n"), false};
}

Response Respond(const RequestHead& head, const DashboardIdentity& identity,
                 DashboardSource& source) {
  const auto checked = CheckRequest(head, identity);
  if (const auto* refusal = std::get_if<Refusal>(&checked)) return RefusalResponse(*refusal);
  const Target& target = std::get<Target>(checked);
  if (target.path == "/api/sweep") return {200, std::string(kJson), source.SweepJson(), false};
  if (target.path == "/api/log") return LogResponse(target, source);
  if (target.path == "/api/events") return {200, "text/event-stream", Share(""), true};
  if (target.path == "/metrics") {
    return {200, "text/plain; version=0.0.4; charset=utf-8", source.Metrics(), false};
  }
  return PageResponse(target.path, identity.token);
}

const std::string& SecurityHeaders() {
  static const std::string headers =
      "Cache-Control: no-store\r\n"
      "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
      "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'\r\n"
      "Cross-Origin-Opener-Policy: same-origin\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\n"
      "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n"
      "Referrer-Policy: no-referrer\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "X-Frame-Options: DENY\r\n";
  return headers;
}

}  // namespace unmask
