// What the lanes' kernels and those that launch them both know. NVRTC reads this too: no includes.
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

// Terms of a sum that a product takes at a time. Padded widths are multiples of it.
constexpr int kTerms = 16;

constexpr double kLaneAdamEpsilon = 1e-8;
constexpr double kLaneNormEpsilon = 1e-5;   // BatchNorm's
constexpr double kLaneUnitEpsilon = 1e-12;  // what a row is normalised by is at least this
constexpr int kPaperHsic = 0;               // HsicKind::kPaper

// Columns of a lane's row. A lane that does not train has zeros where something would change it.
enum class Control : unsigned char {
  kTrains,          // 1 or 0
  kRows,            // clips in the step, n
  kInverseRows,     // 1/n
  kMomentum,        // of the running statistics
  kVarianceFactor,  // n/(n-1): BatchNorm keeps the unbiased variance
  kKept,            // what Dropout multiplies with
  kBeta,            // of the second task's loss
  kAlpha,           // of the independence term, 0 where there is none
  kHsic,            // its kind, as HsicKind
  kLinearKernel,    // 1 or 0
  kGamma,           // -1/(2 sigma^2)
  kBiased,          // 1/(n-1)^2
  kUnbiased,        // 1/(n(n-3))
  kUnbiasedSums,    // 1/((n-1)(n-2))
  kUnbiasedCross,   // 2/(n-2)
  kDecay,           // Adam from here on: L2
  kFirst,           // 1 - beta1
  kSecond,          // 1 - beta2
  kCorrection,      // 1/sqrt(1 - beta2^t)
  kStep,            // -lr/(1 - beta1^t)
  kColumns
};

// What a lane's masks are drawn from (DropoutNumbers).
struct LaneDropout {
  int least;  // 0: keeps all
  unsigned epoch, step;
  unsigned keys[3][2];  // the adapter's, and one a head
};

// Of all lanes. Where a lane's parts begin is counted from the beginning of its own row.
struct LaneRows {
  float *parameters, *first, *second, *gradients, *buffers;
  const float* control;  // [lanes, Control::kColumns]
  const LaneDropout* dropout;
  long long parameter_floats, buffer_floats;  // of a lane
  int rows;                                   // of its batch, padded
};

// Linear, BatchNorm1d, ReLU, Dropout.
struct LaneBlock {
  long long weight, bias, scale, shift, mean, variance;
  int layer;  // in LaneDropout's keys
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
  const long* labels;         // [lanes, rows]
  const float* shares;        // likewise: of the mean cross-entropy
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
