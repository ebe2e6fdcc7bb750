#include "worker/tile_products/split_weight.h"

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "common/base/check.h"

// Compiled for what Available() asks for; nothing else here may run elsewhere.
#define UNMASK_TILES [[gnu::target("amx-tile,amx-bf16,avx512f,avx512vl,avx512bf16")]]

namespace unmask {
namespace {

constexpr std::int64_t kSide = 32;  // rows, inputs and outputs of a block
// What is multiplied between two visits of the outputs: its parts fill half of a second cache of
// 2 MB, so that every weight is read once.
constexpr std::int64_t kSlabRows = 13;   // blocks: eight pictures of ViT-B/32
constexpr std::int64_t kSlabSteps = 12;  // blocks of inputs

struct alignas(64) Sums {
  float row[32][32];
};

// Of the next block of outputs, with each step: in kSlabRows blocks of rows all of its weights.
constexpr std::int64_t kAheadBytes = 512;
static_assert(kAheadBytes * kSlabRows >= static_cast<std::int64_t>(sizeof(TileStep)));

// Each thread's own, kept: giving megabytes back and taking them again costs as much as splitting.
struct Room {
  std::vector<TileStep> steps;  // [blocks of rows][steps]
  std::vector<Sums> sums;       // [blocks of outputs][blocks of rows]
};

Room& RoomOfThread() {
  thread_local Room room;
  return room;
}

// Linux gives tiles to processes that ask for them.
bool AskForTiles() {
  constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr int kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

// Registers 0 to 7, each of 16 rows of 64 bytes.
UNMASK_TILES void ConfigureTiles() {
  struct alignas(64) {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } config;
  static_assert(sizeof config == 64);
  _tile_loadconfig(&config);
}

constexpr __mmask16 kAll = 0xffff;  // without a mask g++ 12 warns of its own header

// The next part of 16 numbers, rounded to nearest, and what it leaves of them.
UNMASK_TILES inline __m512 TakePart(__m512 x, std::uint16_t* part) {
  const auto rounded = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x));
  _mm256_store_si256(reinterpret_cast<__m256i*>(part), rounded);
  const __m512i wide = _mm512_maskz_cvtepu16_epi32(kAll, rounded);
  return _mm512_sub_ps(x, _mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, wide, 16)));
}

// `rows` rows of 32 inputs, `stride` apart; zeros where there are fewer than 32.
UNMASK_TILES void Split(const float* x, std::int64_t stride, std::int64_t rows, TileStep& to) {
  for (std::int64_t row = 0; row < kSide; ++row) {
    const std::int64_t half = row / 16, line = row % 16;
    for (std::int64_t i = 0; i < kSide; i += 16) {
      __m512 rest = row < rows ? _mm512_loadu_ps(x + row * stride + i) : _mm512_setzero_ps();
      rest = TakePart(rest, &to.high[half].number[line][i]);
      rest = TakePart(rest, &to.middle[half].number[line][i]);
      TakePart(rest, &to.low[half].number[line][i]);
    }
  }
}

// As the second factor a tile has a pair of inputs a row, and an output a pair of columns.
void TurnPairs(Tile& tile) {
  std::uint32_t pairs[16][16];
  std::memcpy(pairs, tile.number, sizeof pairs);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < i; ++j) std::swap(pairs[i][j], pairs[j][i]);
  }
  std::memcpy(tile.number, pairs, sizeof pairs);
}

// In registers 0 to 3 are sums, 4 and 5 hold rows, 6 and 7 outputs. Blocks of at most 16 rows do
// without the lower half.
template <bool kLower>
UNMASK_TILES inline void LoadRows(const Tile (&rows)[2]) {
  _tile_loadd(4, &rows[0], 64);
  if constexpr (kLower) _tile_loadd(5, &rows[1], 64);
}

UNMASK_TILES inline void LoadOutputs(const Tile (&outputs)[2]) {
  _tile_loadd(6, &outputs[0], 64);
  _tile_loadd(7, &outputs[1], 64);
}

template <bool kLower>
UNMASK_TILES inline void MultiplyTiles() {
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  if constexpr (kLower) {
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
}

// 32 x 32 sums: rows are `stride` bytes apart; 0 where all are the same.
template <bool kLower>
UNMASK_TILES inline void LoadSums(const float* from, std::int64_t stride) {
  const float* const lower = from + 4 * stride;  // 16 rows, in floats
  _tile_loadd(0, from, stride);
  _tile_loadd(1, from + 16, stride);
  if constexpr (kLower) {
    _tile_loadd(2, lower, stride);
    _tile_loadd(3, lower + 16, stride);
  }
}

template <bool kLower>
UNMASK_TILES inline void StoreSums(float* to, std::int64_t stride) {
  float* const lower = to + 4 * stride;
  _tile_stored(0, to, stride);
  _tile_stored(1, to + 16, stride);
  if constexpr (kLower) {
    _tile_stored(2, lower, stride);
    _tile_stored(3, lower + 16, stride);
  }
}

// Where sums come from and go to: rows are so many bytes apart.
struct SumsAt {
  float* data;
  std::int64_t stride;
};

// Products share a factor with the one before, the largest come last. Meanwhile what is wanted next
// comes into the second cache, from `ahead` on.
template <bool kLower>
UNMASK_TILES void SumOver(const TileStep* x, const TileStep* weight, std::int64_t steps,
                          const char* ahead, SumsAt from, SumsAt to) {
  LoadSums<kLower>(from.data, from.stride);
  for (std::int64_t i = 0; i < steps; ++i, ++x, ++weight, ahead += kAheadBytes) {
    for (std::int64_t line = 0; line < kAheadBytes; line += 64) {
      _mm_prefetch(ahead + line, _MM_HINT_T1);
    }
    LoadRows<kLower>(x->high);
    LoadOutputs(weight->low);
    MultiplyTiles<kLower>();
    LoadOutputs(weight->middle);
    MultiplyTiles<kLower>();
    LoadRows<kLower>(x->middle);
    MultiplyTiles<kLower>();
    LoadOutputs(weight->high);
    MultiplyTiles<kLower>();
    LoadRows<kLower>(x->low);
    MultiplyTiles<kLower>();
    LoadRows<kLower>(x->high);
    MultiplyTiles<kLower>();
  }
  StoreSums<kLower>(to.data, to.stride);
}

// Blocks of rows one after the other, of each all steps.
UNMASK_TILES void SplitRows(const float* x, std::int64_t inputs, std::int64_t rows,
                            std::int64_t steps, TileStep* to) {
  for (std::int64_t row = 0; row < rows; row += kSide) {
    for (std::int64_t i = 0; i < steps; ++i, ++to) {
      Split(x + row * inputs + i * kSide, inputs, rows - row, *to);
    }
  }
}

// At most kSlabRows blocks of rows.
class Slab {
 public:
  Slab(const TileStep* weight, std::int64_t inputs, std::int64_t outputs, const float* x,
       std::int64_t rows, const float* bias, float* out)
      : weight_(weight),
        inputs_(inputs),
        outputs_(outputs),
        x_(x),
        rows_(rows),
        bias_(bias),
        out_(out),
        room_(RoomOfThread()) {
    room_.steps.resize(static_cast<std::size_t>(kSlabRows * kSlabSteps));
    room_.sums.resize(static_cast<std::size_t>(Blocks() * outputs / kSide));
  }

  void Multiply() {
    for (std::int64_t step = 0; step < AllSteps(); step += kSlabSteps) {
      const std::int64_t steps = std::min(AllSteps() - step, kSlabSteps);
      SplitRows(x_ + step * kSide, inputs_, rows_, steps, room_.steps.data());
      for (std::int64_t output = 0; output < outputs_; output += kSide) {
        MultiplyBy(output, step, steps);
      }
    }
  }

 private:
  std::int64_t AllSteps() const { return inputs_ / kSide; }
  std::int64_t Blocks() const { return (rows_ + kSide - 1) / kSide; }

  void MultiplyBy(std::int64_t output, std::int64_t step, std::int64_t steps) {
    const TileStep* factor = weight_ + output / kSide * AllSteps() + step;
    const auto* ahead = reinterpret_cast<const char*>(factor + AllSteps());
    static constexpr float kNoBias[kSide] = {};
    const float* bias = bias_ == nullptr ? kNoBias : bias_ + output;
    for (std::int64_t i = 0; i < Blocks(); ++i, ahead += kAheadBytes * steps) {
      const std::int64_t rows = std::min(rows_ - i * kSide, kSide);
      Sums& sums = room_.sums[static_cast<std::size_t>(output / kSide * Blocks() + i)];
      const SumsAt between{sums.row[0], sizeof sums.row[0]};
      const SumsAt begin{const_cast<float*>(bias), 0};
      float* const out = out_ + i * kSide * outputs_ + output;
      const bool last = step + steps == AllSteps();
      const bool whole = rows == kSide;
      const auto sum_over = rows > 16 ? SumOver<true> : SumOver<false>;
      sum_over(&room_.steps[static_cast<std::size_t>(i * steps)], factor, steps, ahead,
               step == 0 ? begin : between,
               last && whole ? SumsAt{out, outputs_ * static_cast<std::int64_t>(sizeof(float))}
                             : between);
      if (!last || whole) continue;
      for (std::int64_t row = 0; row < rows; ++row) {
        std::memcpy(out + row * outputs_, sums.row[row], sizeof sums.row[row]);
      }
    }
  }

  const TileStep* weight_;
  std::int64_t inputs_, outputs_;
  const float* x_;
  std::int64_t rows_;
  const float* bias_;
  float* out_;
  Room& room_;
};

}  // namespace

bool SplitWeight::Available() {
  static const bool given = __builtin_cpu_supports("amx-tile") &&
                            __builtin_cpu_supports("amx-bf16") &&
                            __builtin_cpu_supports("avx512bf16") && AskForTiles();
  const char* pinned = std::getenv("ONEDNN_MAX_CPU_ISA");
  return given && (pinned == nullptr || std::string_view(pinned).ends_with("AMX"));
}

bool SplitWeight::Takes(std::int64_t outputs, std::int64_t inputs) {
  return outputs > 0 && inputs > 0 && outputs % kSide == 0 && inputs % kSide == 0;
}

SplitWeight::SplitWeight(const float* weight, std::int64_t outputs, std::int64_t inputs)
    : outputs_(outputs),
      inputs_(inputs),
      steps_(static_cast<std::size_t>(outputs / kSide * (inputs / kSide))) {
  UNMASK_CHECK(Available() && Takes(outputs, inputs));
  const std::int64_t across = inputs / kSide;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(steps_.size()); ++i) {
    TileStep& step = steps_[static_cast<std::size_t>(i)];
    Split(weight + i / across * kSide * inputs + i % across * kSide, inputs, kSide, step);
    for (auto* part : {&step.high, &step.middle, &step.low}) {
      for (Tile& tile : *part) TurnPairs(tile);
    }
  }
}

UNMASK_TILES void SplitWeight::Multiply(const float* x, std::int64_t rows, const float* bias,
                                        float* out) const {
  ConfigureTiles();
  for (std::int64_t row = 0; row < rows; row += kSlabRows * kSide) {
    Slab(steps_.data(), inputs_, outputs_, x + row * inputs_,
         std::min(rows - row, kSlabRows * kSide), bias, out + row * outputs_)
        .Multiply();
  }
  _tile_release();
}

}  // namespace unmask
