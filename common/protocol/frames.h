// Messages on a stream socket (agent <-> trainer): u32 little-endian length, then the message's
// bytes (codec.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/protocol/messages.h"

namespace unmask {

// Above this a length is taken for garbage.
inline constexpr std::uint32_t kFrameBytesMax = std::uint32_t{256} << 20;

// The frame of one message, ready to be written.
std::string Frame(const Message& message);
void AppendFrame(std::string& out, const Message& message);

// Bytes in as they come, messages out. After an error the stream is lost: close it.
class FrameBuffer {
 public:
  void Feed(std::string_view bytes);
  // nullopt: the next message is not complete yet.
  Result<std::optional<Message>> Next();

 private:
  std::string bytes_;
  std::size_t taken_ = 0;  // bytes_ before it are messages that were handed out
};

// For the trainer: blocking, one thread at a time (several need a lock around WriteFrame). A socket
// whose other end is closed is an error; SIGPIPE is not raised.
Status WriteFrame(int fd, const Message& message);
Status WriteAll(int fd, std::string_view frames);

}  // namespace unmask
