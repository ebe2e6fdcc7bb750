#include "common/tensors/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

namespace unmask {
namespace {

std::string FileOf(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

std::string What(const std::string& bytes) {
  const auto parsed = ParseSafetensors(bytes, "f");
  return parsed ? "" : parsed.error().problems[0].what;
}

const std::string kTwoFloats = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

// Bytes as the safetensors library writes them (Python, safetensors 0.4).
TEST(Safetensors, ReadsAFileByHand) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I64","shape":[],"data_offsets":[4,12]},)"
      R"("a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}   )";
  std::string data(12, '\0');
  const float one = 1;
  std::memcpy(data.data(), &one, 4);
  data[4] = 7;
  const std::string bytes = FileOf(header, data);
  const auto file = ParseSafetensors(bytes, "f");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->metadata.at("format"), "pt");
  EXPECT_EQ(file->tensors.at("a").shape, (std::vector<std::int64_t>{1, 1}));
  float value = 0;
  std::memcpy(&value, file->tensors.at("a").bytes.data(), 4);
  EXPECT_EQ(value, 1);
  EXPECT_EQ(file->tensors.at("b").dtype, DType::kI64);
  EXPECT_TRUE(file->tensors.at("b").shape.empty());
  EXPECT_EQ(file->tensors.at("b").bytes[0], 7);
}

TEST(Safetensors, ReadsWhatItWrites) {
  Safetensors file;
  file.metadata["key \"1\""] = "value\n";
  file.tensors["z/é"] = {DType::kF64, {2, 1}, "0123456789abcdef"};
  file.tensors["empty"] = {DType::kF32, {0, 3}, ""};
  file.tensors["a"] = {DType::kU8, {3}, "xyz"};
  const std::string bytes = WriteSafetensors(file);
  const auto read = ParseSafetensors(bytes, "f");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->metadata, file.metadata);
  ASSERT_EQ(read->tensors.size(), 3U);
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(read->tensors.at(name).bytes, tensor.bytes);
    EXPECT_EQ(read->tensors.at(name).shape, tensor.shape);
    EXPECT_EQ(read->tensors.at(name).dtype, tensor.dtype);
  }
  EXPECT_EQ(WriteSafetensors(*read), bytes);
  const std::uint64_t header = static_cast<unsigned char>(bytes[0]);
  EXPECT_EQ(header % 8, 0U);
}

TEST(Safetensors, RefusesEveryTruncation) {
  const std::string bytes = FileOf(kTwoFloats, std::string(8, 'x'));
  ASSERT_EQ(What(bytes), "");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(What(bytes.substr(0, size)), "") << size;
  }
  EXPECT_NE(What(bytes + "x"), "");
}

TEST(Safetensors, RefusesWhatIsMalformed) {
  const std::string eight(8, 'x');
  const auto tensor = [](const std::string& fields) { return R"({"a":{)" + fields + "}}"; };
  EXPECT_NE(What(std::string(8, '\xff') + "{}"), "");  // a header of 2^64 bytes
  EXPECT_NE(What(FileOf("[]", "")), "");
  EXPECT_NE(What(FileOf("{", "")), "");
  EXPECT_NE(What(FileOf("{}", "x")), "");
  EXPECT_NE(What(FileOf(R"({"a":1})", "")), "");
  EXPECT_NE(What(FileOf(R"({"__metadata__":{"a":1}})", "")), "");
  EXPECT_NE(What(FileOf(R"({"__metadata__":["a"]})", "")), "");
  EXPECT_NE(What(FileOf(tensor(R"("dtype":"F33","shape":[2],"data_offsets":[0,8])"), eight)), "");
  EXPECT_NE(What(FileOf(tensor(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"), eight)), "");
  EXPECT_NE(What(FileOf(tensor(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"), eight)), "");
  EXPECT_NE(What(FileOf(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"), eight)), "");
  EXPECT_NE(What(FileOf(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[1,9])"), eight)), "");
  EXPECT_NE(What(FileOf(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0])"), eight)), "");
  // 2^40 * 2^40 elements overflow to 0 bytes.
  EXPECT_NE(What(FileOf(tensor(R"("dtype":"F32","shape":[1099511627776,1099511627776],)"
                               R"("data_offsets":[0,0])"),
                        "")),
            "");
  EXPECT_NE(What(FileOf(tensor(R"("dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],)"
                               R"("data_offsets":[0,1])"),
                        "x")),
            "");
}

TEST(Safetensors, RefusesOverlapsGapsRepeatsAndDepth) {
  const std::string u8 = R"({"dtype":"U8","shape":[2],"data_offsets":)";
  EXPECT_EQ(What(FileOf(R"({"a":)" + u8 + R"([0,2]},"b":)" + u8 + "[2,4]}}", "xxxx")), "");
  EXPECT_NE(What(FileOf(R"({"a":)" + u8 + R"([0,2]},"b":)" + u8 + "[1,3]}}", "xxx")), "");
  EXPECT_NE(What(FileOf(R"({"a":)" + u8 + R"([0,2]},"b":)" + u8 + "[3,5]}}", "xxxxx")), "");
  EXPECT_NE(What(FileOf(R"({"a":)" + u8 + R"([0,2]},"a":)" + u8 + "[0,2]}}", "xx")), "");
  EXPECT_NE(What(FileOf(R"({"a":)" + std::string(100000, '['), "")), "");
  EXPECT_EQ(What(FileOf(R"({"a":[[[]]]})", "")), "nested deeper than 3 levels");
}

TEST(Safetensors, SurvivesDamageAnywhere) {
  const std::string bytes = FileOf(kTwoFloats, std::string(8, 'x'));
  const unsigned seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = bytes;
    for (int hit = 0; hit < 2; ++hit) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    const auto parsed = ParseSafetensors(damaged, "f");  // an answer, whatever it is
    if (parsed) {
      EXPECT_LE(parsed->tensors.size(), 1U);
    }
  }
}

}  // namespace
}  // namespace unmask
