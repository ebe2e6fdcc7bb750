// The other end of a socket of frames (common/protocol/frames.h), for tests: blocking.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "common/protocol/frames.h"

namespace unmask {

// The next message; nullopt: none came whole before the socket was closed, or it is garbage.
inline std::optional<Message> ReadFrame(int fd) {
  std::uint32_t length = 0;
  std::string frame(sizeof length, '\0');
  const auto receive = [&](std::size_t from) {
    const std::size_t size = frame.size() - from;
    return recv(fd, frame.data() + from, size, MSG_WAITALL) == static_cast<ssize_t>(size);
  };
  if (!receive(0)) return std::nullopt;
  std::memcpy(&length, frame.data(), sizeof length);
  if (length > kFrameBytesMax) return std::nullopt;
  frame.resize(sizeof length + length);
  if (!receive(sizeof length)) return std::nullopt;
  FrameBuffer buffer;
  buffer.Feed(frame);
  auto message = buffer.Next();
  return message.ok() ? *std::move(message) : std::nullopt;
}

}  // namespace unmask
