// The shape of the lanes' kernels and their arguments, as the host and the device see them.
#pragma once

namespace unmask {

// A block of threads makes kTile columns of a product, in groups of 8 rows, at most kMostGroups.
constexpr int kTile = 64;
constexpr int kTileThreads = 128;
constexpr int kGroup = 8;
constexpr int kMostGroups = 8;
// Of BatchNorm: kNormColumns columns of a lane's batch, its rows in kNormParts parts.
constexpr int kNormColumns = 32;
constexpr int kNormParts = 8;
constexpr int kWarp = 32;

// Of all lanes. Where a lane's parts begin is counted from the beginning of its own row.
struct LaneRows {
  float *parameters, *first, *second, *gradients, *buffers;
  const float* control;
  const int* dropout;                         // LaneDropout's words
  long long parameter_floats, buffer_floats;  // of a lane
  int rows;                                   // of its batch, padded
};

// Linear, BatchNorm1d, ReLU, Dropout.
struct LaneBlock {
  long long weight, bias, scale, shift, mean, variance;
  int key;  // the first of its two words in a row of LaneDropout
};

// Of the same shape: the adapter, or one a head.
struct LaneBlocks {
  LaneBlock at[2];
  int count;
  int in, out;  // padded
  int width;    // `out` as it was
};

struct LaneClassifier {
  long long weight, bias;
  const long long* labels;    // [lanes, rows]
  float *logits, *by_logits;  // [lanes, rows, padded]
  int classes, padded;
};

struct LaneClassifiers {
  LaneClassifier at[2];
  int count;
};

// How a row's independence term (HSIC as the paper prints it) pulls at its two streams x and y: its
// derivative by x is own_x x + cross_x y, by y own_y y + cross_y x. Zero where there is none.
struct LanePull {
  float own_x, cross_x, own_y, cross_y;
};

// Parts of a lane's row, in fours of floats.
struct LaneParts {
  long long begin[3], fours[3];
  int count;
};

}  // namespace unmask
