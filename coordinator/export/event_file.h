// TensorBoard's event files: a chain of records, each a protocol buffer of type Event with one
// scalar. Only what scalars need is written here (tensorflow/core/util/event.proto and
// framework/summary.proto); the framing is that of TFRecord files (lib/io/record_writer.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace unmask {

// CRC-32C (Castagnoli), and masked as TFRecord has it, so that a CRC of data with CRCs in it stays
// a good one.
std::uint32_t Crc32c(std::string_view bytes);
std::uint32_t MaskedCrc32c(std::string_view bytes);

class EventFile {
 public:
  // Starts with the record that names the format's version.
  explicit EventFile(double wall_seconds);  // since 1970

  void AddScalar(std::string_view tag, std::int64_t step, double wall_seconds, float value);
  const std::string& bytes() const { return bytes_; }

 private:
  void AddRecord(std::string_view event);
  std::string bytes_;
};

}  // namespace unmask
