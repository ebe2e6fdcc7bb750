// Where everything of a job's model stands in a lane: one row of floats for its parameters, one for
// BatchNorm's buffers. Pure.
//
// Widths are padded to whole cache lines and rows to multiples of four, so that every matrix of
// every lane begins on a cache line: a library that chooses its path by alignment then takes the
// same one for all lanes. What is padded is zero, its gradient is zero, and so it stays.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "worker/model/model_shape.h"
#include "worker/model/named_tensors.h"

namespace unmask {

struct LaneLayout {
  struct Linear {
    std::int64_t in = 0, out = 0;       // padded
    std::int64_t weight = 0, bias = 0;  // where they begin: [out, in] and [out]
  };
  struct Block {  // Linear, BatchNorm1d, ReLU, Dropout
    Linear linear;
    std::int64_t norm_weight = 0, norm_bias = 0;
    std::int64_t running_mean = 0, running_var = 0;  // in the row of buffers
    std::int64_t width = 0;                          // not padded
  };
  struct Head {
    Block block;
    Linear classifier;
    std::int64_t classes = 0;
  };
  // A tensor of NamedTensors in a row.
  struct Place {
    std::vector<std::int64_t> shape;  // [out, in] or [out], not padded
    std::int64_t begin = 0;
    std::int64_t stride = 0;  // from one row of the tensor to the next
  };
  using Places = std::map<std::string, Place>;

  // `rows`: as many clips as a step of one of its jobs may have.
  LaneLayout(const ModelShape& shape, std::int64_t rows);

  std::int64_t rows = 0;      // padded
  std::int64_t features = 0;  // padded, as the next two
  std::int64_t adapter_width = 0;
  std::int64_t stream_width = 0;
  Block adapter;
  std::vector<Head> heads;
  std::int64_t parameter_floats = 0;  // of a lane
  std::int64_t buffer_floats = 0;
  Places parameters, buffers;

 private:
  Linear AddLinear(const std::string& name, std::int64_t in, std::int64_t out,
                   std::int64_t padded_out);
  Block AddBlock(const std::string& name, std::int64_t in, std::int64_t out);
};

// Between a lane's row and tensors under `prefix` + their names. Shapes must agree.
void CopyToRow(const LaneLayout::Places& places, const std::string& prefix,
               const NamedTensors& from, std::span<float> row);
void CopyFromRow(const LaneLayout::Places& places, const std::string& prefix,
                 std::span<const float> row, NamedTensors& to);

}  // namespace unmask
