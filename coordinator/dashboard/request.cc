#include "coordinator/dashboard/request.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/check.h"

namespace unmask {
namespace {

constexpr std::size_t kTargetMax = 1024;  // bytes
constexpr std::size_t kParamsMax = 8;

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = HexDigit(text[i + 1]);
    const auto low = HexDigit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

bool IsPlain(char c) { return c > 0x20 && c < 0x7F && c != '#'; }

// "127.0.0.1:8123": the names under which a browser on this machine reaches the loopback address.
bool IsOurHost(std::string_view host, std::uint16_t port) {
  return host == fmt::format("127.0.0.1:{}", port) || host == fmt::format("localhost:{}", port);
}

bool IsOurOrigin(std::string_view origin, std::uint16_t port) {
  constexpr std::string_view kScheme = "http://";
  return origin.starts_with(kScheme) && IsOurHost(origin.substr(kScheme.size()), port);
}

std::string_view BearerOf(const RequestHead& head) {
  constexpr std::string_view kScheme = "Bearer ";
  if (head.authorizations.size() != 1) return {};
  const std::string_view value = head.authorizations.front();
  return value.starts_with(kScheme) ? value.substr(kScheme.size()) : std::string_view();
}

// A token in the query and one in the header must both be right.
bool IsAuthorized(const RequestHead& head, const Target& target, const std::string& token) {
  if (token.empty() || head.authorizations.size() > 1) return false;
  const auto param = target.params.find("token");
  const bool in_query = param != target.params.end();
  const bool in_header = !head.authorizations.empty();
  const bool query_right = !in_query || EqualSecrets(param->second, token);
  const bool header_right = !in_header || EqualSecrets(BearerOf(head), token);
  return (in_query || in_header) && query_right && header_right;
}

}  // namespace

std::variant<Target, Refusal> ParseTarget(std::string_view target) {
  if (target.size() > kTargetMax) return Refusal{414, "the address is too long"};
  if (!target.starts_with('/') || !std::ranges::all_of(target, IsPlain)) {
    return Refusal{400, "the address is not a path"};
  }
  Target parsed;
  const std::size_t question = target.find('?');
  parsed.path = target.substr(0, question);
  std::string_view query =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto key = Decode(pair.substr(0, equals));
    const auto value = Decode(pair.substr(std::min(pair.size(), equals + 1)));
    if (!key || !value) return Refusal{400, "a percent-encoding of the address is broken"};
    if (!parsed.params.emplace(*key, *value).second || parsed.params.size() > kParamsMax) {
      return Refusal{400, "a parameter of the address comes twice, or there are too many"};
    }
  }
  return parsed;
}

std::variant<Target, Refusal> CheckRequest(const RequestHead& head,
                                           const DashboardIdentity& identity) {
  if (head.method != "GET" && head.method != "HEAD") return Refusal{405, "only GET and HEAD"};
  if (head.has_body) return Refusal{413, "a request has no body here"};
  if (head.hosts.size() != 1) return Refusal{400, "exactly one Host is needed"};
  if (!IsOurHost(head.hosts.front(), identity.port)) {
    return Refusal{403, "this Host is not ours: use the address as it was printed"};
  }
  if (!std::ranges::all_of(head.origins, [&](const std::string& origin) {
        return IsOurOrigin(origin, identity.port);
      })) {
    return Refusal{403, "requests from other origins are refused"};
  }
  auto parsed = ParseTarget(head.target);
  if (const auto* target = std::get_if<Target>(&parsed)) {
    if (!IsAuthorized(head, *target, identity.token)) {
      return Refusal{401, "the token is missing or wrong: use the address as it was printed"};
    }
  }
  return parsed;
}

bool EqualSecrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string NewToken() {
  std::array<unsigned char, 16> bytes{};
  UNMASK_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

}  // namespace unmask
