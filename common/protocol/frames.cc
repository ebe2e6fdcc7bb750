#include "common/protocol/frames.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "common/protocol/codec.h"

namespace unmask {
namespace {

using Length = std::uint32_t;

Result<Length> CheckedLength(std::string_view header) {
  Length length = 0;
  std::memcpy(&length, header.data(), sizeof length);
  if (length > kFrameBytesMax) {
    return DataError(fmt::format("frame of {} bytes", length), "",
                     fmt::format("at most {}", kFrameBytesMax));
  }
  return length;
}

}  // namespace

void AppendFrame(std::string& out, const Message& message) {
  const std::size_t begin = out.size();
  out.append(sizeof(Length), '\0');
  EncodeTo(out, message);
  const std::size_t body = out.size() - begin - sizeof(Length);
  UNMASK_CHECK(body <= kFrameBytesMax);
  const auto length = static_cast<Length>(body);
  std::memcpy(out.data() + begin, &length, sizeof length);
}

std::string Frame(const Message& message) {
  std::string frame;
  AppendFrame(frame, message);
  return frame;
}

void FrameBuffer::Feed(std::string_view bytes) {
  bytes_.erase(0, taken_);
  taken_ = 0;
  bytes_ += bytes;
}

Result<std::optional<Message>> FrameBuffer::Next() {
  const std::string_view rest = std::string_view(bytes_).substr(taken_);
  if (rest.size() < sizeof(Length)) return std::optional<Message>();
  UNMASK_ASSIGN(const Length length, CheckedLength(rest));
  if (rest.size() - sizeof(Length) < length) return std::optional<Message>();
  UNMASK_ASSIGN(Message message, Decode(rest.substr(sizeof(Length), length)));
  taken_ += sizeof(Length) + length;
  return std::optional<Message>(std::move(message));
}

Status WriteFrame(int fd, const Message& message) { return WriteAll(fd, Frame(message)); }

Status WriteAll(int fd, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t n = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return InternalError(
          fmt::format("cannot write the trainer's socket: {}", std::strerror(errno)));
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace unmask
