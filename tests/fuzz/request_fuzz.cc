// libFuzzer: any bytes as a request to the dashboard, through the same parser and limits as a
// connection's. Without the token nothing but a refusal may come back, and no method but GET and
// HEAD may pass; whatever passes must be answered. Built apart from the rest, since it needs clang
// (the page's files are written by any build, here build/):
//   clang++-19 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -I. tests/fuzz/request_fuzz.cc
//     coordinator/dashboard/{parse_head,request,routes}.cc common/base/{result,text}.cc
//     build/generated/coordinator/dashboard/page_files.cc -lfmt -lcrypto -o request_fuzz &&
//     ./request_fuzz -runs=1000000 -max_len=1024 -dict=tests/fuzz/request.dict
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "coordinator/dashboard/parse_head.h"
#include "coordinator/dashboard/routes.h"

namespace {

using namespace unmask;  // NOLINT: the fuzzer's entry is global

const DashboardIdentity kWe{8123, "0123456789abcdef0123456789abcdef"};

class Source final : public DashboardSource {
 public:
  SharedText SweepJson() override { return text_; }
  SharedText Metrics() override { return text_; }
  std::optional<std::string> LogJson(const std::string& job_key, AttemptNumber attempt) override {
    UNMASK_CHECK(attempt.value >= 1);
    return job_key == "known" ? std::optional<std::string>("{}") : std::nullopt;
  }

 private:
  SharedText text_ = std::make_shared<const std::string>("{}");
};

// Any percent-encoding of the token counts as the token.
bool MayHoldToken(std::string_view bytes) {
  return bytes.find(kWe.token) != std::string_view::npos ||
         bytes.find('%') != std::string_view::npos;
}

void Check(const RequestHead& head, std::string_view bytes) {
  Source source;
  const Response response = Respond(head, kWe, source);
  UNMASK_CHECK(response.body != nullptr && !response.content_type.empty());
  const bool passes = response.status == 200;
  UNMASK_CHECK(passes || (response.status >= 400 && response.status < 500));
  if (!passes) return;
  UNMASK_CHECK(head.method == "GET" || head.method == "HEAD");
  UNMASK_CHECK(MayHoldToken(bytes) && head.hosts.size() == 1 && !head.has_body);
  UNMASK_CHECK(head.hosts.front() == "127.0.0.1:8123" || head.hosts.front() == "localhost:8123");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeadParser parser;
  BoundParser(parser);
  boost::beast::error_code error;
  // As a connection reads: what the parser has not taken comes again with more behind it.
  std::size_t from = 0;
  std::size_t step = size % 7 == 0 ? 1 + size / 3 : size;
  for (std::size_t to = step; !parser.is_header_done() && !error; to += step) {
    to = to < size ? to : size;
    from += parser.put(boost::asio::buffer(data + from, to - from), error);
    if (error == boost::beast::http::error::need_more && to < size) error = {};
    if (to == size && !error && !parser.is_header_done()) break;
  }
  if (parser.is_header_done() && !error) {
    Check(HeadOf(parser), bytes);
  } else if (error) {
    UNMASK_CHECK(RefusalFor(error).status >= 400);
  }
  // The pure part alone, past what the parser lets through.
  RequestHead head;
  head.method = "GET";
  head.hosts = {"localhost:8123"};
  head.target = bytes;
  Check(head, bytes);
  return 0;
}
