#include "coordinator/export/event_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace unmask {
namespace {

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

TEST(EventFile, CrcsAreThoseOfTheStandard) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283U);              // the catalogue's check value
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAU);    // RFC 3720, B.4
  EXPECT_EQ(Crc32c(std::string(32, '\xFF')), 0x62A8AB43U);  // RFC 3720, B.4
  EXPECT_EQ(MaskedCrc32c("123456789"), 0xC78AB0E5U);
}

// As TensorBoard's own writer writes the same two events (tensorboard 2.21.0, EventFileWriter with
// Event(wall_time=1.5, file_version="brain.Event:2") and a scalar "loss" of 0.25 at step 300).
TEST(EventFile, BytesAreThoseOfTensorBoard) {
  EventFile events(1.5);
  events.AddScalar("loss", 300, 2.5, 0.25F);
  EXPECT_EQ(Hex(events.bytes()),
            "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c"
            "1b000000000000001a0d9e1309000000000000044010ac022a0d0a0b0a046c6f7373150000803e20"
            "5d3896");
}

}  // namespace
}  // namespace unmask
