// What a request must be before it is answered. Pure: no sockets, so that it is tested and fuzzed
// as it is. A web page that the user has open elsewhere, and other users of this machine, can reach
// the port: so Host and Origin are compared exactly (DNS rebinding, cross-site requests), and a
// random token decides.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace unmask {

// The head of an HTTP request, as its parser left it.
struct RequestHead {
  std::string method;
  std::string target;              // "/api/sweep?token=..."
  std::vector<std::string> hosts;  // every value of the field, in order
  std::vector<std::string> origins;
  std::vector<std::string> authorizations;
  bool has_body = false;
};

// Who we are, as requests must address us.
struct DashboardIdentity {
  std::uint16_t port = 0;
  std::string token;  // 32 hex digits
};

struct Refusal {
  int status = 400;
  std::string reason;  // one line, nothing of the request in it
};

struct Target {
  std::string path;                           // as sent, not decoded: "/api/log"
  std::map<std::string, std::string> params;  // decoded
};

// Path and query; a Refusal where the target is not in origin form, a parameter comes twice, or a
// percent-encoding is broken.
std::variant<Target, Refusal> ParseTarget(std::string_view target);

// In this order: method, body, Host, Origin, target, token. Only who passes learns what exists.
std::variant<Target, Refusal> CheckRequest(const RequestHead& head,
                                           const DashboardIdentity& identity);

// In time that depends on the lengths alone.
bool EqualSecrets(std::string_view a, std::string_view b);

// 128 random bits as hex digits, from the kernel.
std::string NewToken();

}  // namespace unmask
