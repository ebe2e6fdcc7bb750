#include "common/protocol/codec.h"

#include <fmt/format.h>

#include "common/protocol/archive.h"

namespace unmask {
namespace {

// A message is u16 version, u8 kind (its place in the variant), then its fields.
using Version = std::uint16_t;
using Kind = std::uint8_t;
constexpr std::size_t kKinds = std::variant_size_v<Message>;

Error Malformed(std::string what) {
  return DataError("malformed message: " + std::move(what), "", "both ends to be one build");
}

template <std::size_t kKind = 0>
Message ReadFields(Kind kind, protocol::Reader& reader) {
  if constexpr (kKind + 1 < kKinds) {
    if (kind != kKind) return ReadFields<kKind + 1>(kind, reader);
  }
  std::variant_alternative_t<kKind, Message> message{};
  reader(message);
  return message;
}

}  // namespace

void EncodeTo(std::string& out, const Message& message) {
  protocol::Writer writer(out);
  writer(static_cast<Version>(kProtocolVersion));
  writer(static_cast<Kind>(message.index()));
  std::visit(writer, message);
}

std::string Encode(const Message& message) {
  constexpr std::size_t kLikely = 1024;
  std::string bytes;
  bytes.reserve(kLikely);
  EncodeTo(bytes, message);
  return bytes;
}

Result<Message> Decode(std::string_view bytes) {
  protocol::Reader reader(bytes);
  Version version = 0;
  Kind kind = 0;
  reader(version);
  if (!reader.failed() && version != kProtocolVersion) {
    return Malformed(fmt::format("protocol {} instead of {}", version, kProtocolVersion));
  }
  reader(kind);
  if (reader.failed()) return Malformed("no header");
  if (kind >= kKinds) return Malformed(fmt::format("unknown kind {}", kind));
  Message message = ReadFields(kind, reader);
  if (reader.failed()) return Malformed(fmt::format("kind {} is cut or damaged", kind));
  if (reader.remaining() > 0) {
    return Malformed(fmt::format("kind {} has {} bytes too many", kind, reader.remaining()));
  }
  return message;
}

}  // namespace unmask
