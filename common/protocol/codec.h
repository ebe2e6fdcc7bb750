// Messages as bytes: little-endian, length-prefixed, versioned (docs/formats.md, "Protocol").
// Decoding never trusts a length: truncated, overlong or unknown input is an error, not a crash.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/protocol/messages.h"

namespace unmask {

std::string Encode(const Message& message);
void EncodeTo(std::string& out, const Message& message);  // appends
Result<Message> Decode(std::string_view bytes);

}  // namespace unmask
