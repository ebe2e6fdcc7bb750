// Bytes -> RequestHead, with Boost.Beast's parser bounded as the server bounds it.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "coordinator/dashboard/request.h"

namespace unmask {

inline constexpr std::uint32_t kHeadBytesMax = 8 * 1024;

using HeadParser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

// For the head alone: a body is never read.
void BoundParser(HeadParser& parser);

// Of a parser whose header is done.
RequestHead HeadOf(const HeadParser& parser);

// What a head that could not be read is answered with.
Refusal RefusalFor(const boost::beast::error_code& error);

}  // namespace unmask
