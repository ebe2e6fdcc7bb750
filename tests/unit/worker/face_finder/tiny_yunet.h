// A net with YuNet's inputs and outputs, written by hand as ONNX: its outputs are the first samples
// of a picture of 320 x 320 pixels, so that a picture can be made that says what the net sees.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "worker/images/image.h"

namespace unmask::testing {

// Protocol buffers: a field's number and wire type, then its value.
inline std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>(value | 128);
  return bytes + static_cast<char>(value);
}
inline std::string Number(int field, std::uint64_t value) {
  return Varint(field << 3) + Varint(value);
}
inline std::string Bytes(int field, const std::string& value) {
  return Varint(field << 3 | 2) + Varint(value.size()) + value;
}

// Field numbers of onnx.proto3.
template <typename T>
std::string OnnxTensor(const std::string& name, int type, const std::vector<std::int64_t>& shape,
                       const std::vector<T>& values) {
  std::string bytes;
  for (const std::int64_t extent : shape) bytes += Number(1, extent);
  const std::string raw(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return Bytes(5, bytes + Number(2, type) + Bytes(8, name) + Bytes(9, raw));
}
inline std::string OnnxValue(int field, const std::string& name,
                             const std::vector<std::int64_t>& shape) {
  std::string extents;
  for (const std::int64_t extent : shape) extents += Bytes(1, Number(1, extent));
  return Bytes(field, Bytes(1, name) + Bytes(2, Bytes(1, Number(1, 1) + Bytes(2, extents))));
}
inline std::string OnnxNode(const std::string& type, const std::vector<std::string>& inputs,
                            const std::string& output, const std::string& attributes = "") {
  std::string bytes;
  for (const std::string& input : inputs) bytes += Bytes(1, input);
  return Bytes(1, bytes + Bytes(2, output) + Bytes(3, output) + Bytes(4, type) + attributes);
}
inline std::string OnnxInts(const std::string& name, std::int64_t value) {
  return Bytes(5, Bytes(1, name) + Number(8, value) + Number(20, 7));
}

// Boxes that YuNet looks at: grids of 8, 16, 32 and 64 pixels with 3, 2, 2 and 3 sizes each.
constexpr int kYunetBoxes = 40 * 40 * 3 + 20 * 20 * 2 + 10 * 10 * 2 + 5 * 5 * 3;

// [boxes, columns] from the sample `from` on.
inline std::string SamplesAs(const std::string& name, std::int64_t columns, std::int64_t from) {
  const std::vector<std::int64_t> shape = {kYunetBoxes, columns};
  return OnnxTensor<std::int64_t>(name + "_shape", 7, {2}, shape) +
         OnnxNode("Slice", {"flat"}, name + "_some",
                  OnnxInts("starts", from) + OnnxInts("ends", from + kYunetBoxes * columns) +
                      OnnxInts("axes", 1)) +
         OnnxNode("Reshape", {name + "_some", name + "_shape"}, name) + OnnxValue(12, name, shape);
}

inline std::string TinyYunet() {
  const std::string graph = OnnxTensor<std::int64_t>("flat_shape", 7, {2}, {1, 3 * 320 * 320}) +
                            OnnxNode("Reshape", {"input", "flat_shape"}, "flat") +
                            SamplesAs("loc", 14, 0) + SamplesAs("conf", 2, kYunetBoxes * 14) +
                            SamplesAs("iou", 1, kYunetBoxes * 16) + Bytes(2, "tiny") +
                            OnnxValue(11, "input", {1, 3, 320, 320});
  return Number(1, 7) + Bytes(7, graph) + Bytes(8, Number(2, 9));
}

// A face where a box lies, for certain; in blue, since YuNet takes blue first.
inline void ShowTinyYunet(Image& picture, int box) {
  const auto blue = [&](int sample) -> std::uint8_t& { return picture.rgb[sample * 3 + 2]; };
  blue(kYunetBoxes * 14 + box * 2 + 1) = 1;
  blue(kYunetBoxes * 16 + box) = 1;
}

}  // namespace unmask::testing
