#include "coordinator/export/event_file.h"

#include <bit>
#include <boost/crc.hpp>

namespace unmask {
namespace {

// Wire types and encodings: protobuf.dev/programming-guides/encoding.
void PutVarint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out += static_cast<char>((value & 0x7F) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

template <typename T>
void PutFixed(T value, std::string& out) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>((value >> (8 * i)) & 0xFF);
  }
}

void PutTag(std::uint64_t field, std::uint64_t wire_type, std::string& out) {
  PutVarint(field << 3 | wire_type, out);
}

void PutBytes(std::uint64_t field, std::string_view bytes, std::string& out) {
  PutTag(field, 2, out);
  PutVarint(bytes.size(), out);
  out += bytes;
}

// Event: wall_time = 1 (double), step = 2 (int64), file_version = 3, summary = 5.
std::string EventHead(double wall_seconds, std::int64_t step) {
  std::string event;
  PutTag(1, 1, event);
  PutFixed(std::bit_cast<std::uint64_t>(wall_seconds), event);
  if (step == 0) return event;  // proto3 leaves defaults out
  PutTag(2, 0, event);
  PutVarint(static_cast<std::uint64_t>(step), event);
  return event;
}

}  // namespace

std::uint32_t Crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::uint32_t MaskedCrc32c(std::string_view bytes) {
  return std::rotr(Crc32c(bytes), 15) + 0xA282EAD8U;
}

EventFile::EventFile(double wall_seconds) {
  std::string event = EventHead(wall_seconds, 0);
  PutBytes(3, "brain.Event:2", event);
  AddRecord(event);
}

void EventFile::AddScalar(std::string_view tag, std::int64_t step, double wall_seconds,
                          float value) {
  std::string scalar;  // Summary.Value: tag = 1, simple_value = 2
  PutBytes(1, tag, scalar);
  PutTag(2, 5, scalar);
  PutFixed(std::bit_cast<std::uint32_t>(value), scalar);
  std::string summary;  // Summary: value = 1
  PutBytes(1, scalar, summary);
  std::string event = EventHead(wall_seconds, step);
  PutBytes(5, summary, event);
  AddRecord(event);
}

void EventFile::AddRecord(std::string_view event) {
  std::string length;
  PutFixed(static_cast<std::uint64_t>(event.size()), length);
  bytes_ += length;
  PutFixed(MaskedCrc32c(length), bytes_);
  bytes_ += event;
  PutFixed(MaskedCrc32c(event), bytes_);
}

}  // namespace unmask
