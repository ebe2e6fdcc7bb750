#include "coordinator/dashboard/parse_head.h"

#include <boost/beast/http/error.hpp>

namespace unmask {
namespace {

namespace http = boost::beast::http;

std::vector<std::string> ValuesOf(const HeadParser::value_type& request, http::field field) {
  std::vector<std::string> values;
  const auto [begin, end] = request.equal_range(field);
  for (auto it = begin; it != end; ++it) values.emplace_back(it->value());
  return values;
}

}  // namespace

void BoundParser(HeadParser& parser) {
  parser.header_limit(kHeadBytesMax);
  parser.body_limit(boost::none);  // a head that announces a body is refused by CheckRequest
}

RequestHead HeadOf(const HeadParser& parser) {
  const auto& request = parser.get();
  RequestHead head;
  head.method = request.method_string();
  head.target = request.target();
  head.hosts = ValuesOf(request, http::field::host);
  head.origins = ValuesOf(request, http::field::origin);
  head.authorizations = ValuesOf(request, http::field::authorization);
  head.has_body = parser.chunked() || parser.content_length().value_or(0) > 0 ||
                  request.find(http::field::transfer_encoding) != request.end();
  return head;
}

Refusal RefusalFor(const boost::beast::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return {431, "the request's head is too large"};
  }
  return {400, "this is no HTTP request"};
}

}  // namespace unmask
