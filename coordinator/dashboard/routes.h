// Request -> response, without sockets. What is shown comes through DashboardSource.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/base/ids.h"
#include "coordinator/dashboard/request.h"

namespace unmask {

using SharedText = std::shared_ptr<const std::string>;

// What the dashboard shows; the texts are built when they are asked for, and shared by all viewers.
class DashboardSource {
 public:
  virtual ~DashboardSource() = default;
  virtual SharedText SweepJson() = 0;
  virtual SharedText Metrics() = 0;
  // The end of an attempt's log as JSON; nullopt: no such job or log.
  virtual std::optional<std::string> LogJson(const std::string& job_key, AttemptNumber attempt) = 0;
};

struct Response {
  int status = 200;
  std::string content_type;
  SharedText body;
  bool stream = false;  // server-sent events follow; no body
};

// HEAD is answered as GET; whoever sends it leaves the body out.
Response Respond(const RequestHead& head, const DashboardIdentity& identity,
                 DashboardSource& source);

// One line of text.
Response RefusalResponse(const Refusal& refusal);

// Fields that every response has: "name: value\r\n"... Nothing is cached, framed, sniffed, or
// loaded from elsewhere.
const std::string& SecurityHeaders();

}  // namespace unmask
