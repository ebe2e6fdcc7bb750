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

Error SocketError(std::string_view verb) {
  return InternalError(
      fmt::format("cannot {} the trainer's socket: {}", verb, std::strerror(errno)));
}

// Fills `bytes`; false where the other end closed before the first byte.
Result<bool> ReceiveAll(int fd, std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = recv(fd, bytes.data() + done, bytes.size() - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SocketError("read");
    if (n == 0 && done == 0) return false;
    if (n == 0) return InternalError("the trainer's socket was closed within a message");
    done += static_cast<std::size_t>(n);
  }
  return true;
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
    if (n < 0) return SocketError("write");
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::optional<Message>> ReadFrame(int fd) {
  std::string header(sizeof(Length), '\0');
  UNMASK_ASSIGN(const bool open, ReceiveAll(fd, header));
  if (!open) return std::optional<Message>();
  UNMASK_ASSIGN(const Length length, CheckedLength(header));
  std::string body(length, '\0');
  UNMASK_ASSIGN(const bool whole, ReceiveAll(fd, body));
  if (!whole && length > 0)
    return InternalError("the trainer's socket was closed within a message");
  UNMASK_ASSIGN(Message message, Decode(body));
  return std::optional<Message>(std::move(message));
}

}  // namespace unmask
