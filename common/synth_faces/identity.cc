#include "common/random/philox.h"
#include "common/synth_faces/face.h"

namespace unmask {
namespace {

// Numbers for one purpose, in the order in which they are asked for.
class Draws {
 public:
  Draws(std::int64_t seed, const std::string& whose, const char* purpose) {
    RandomStream(seed, whose, purpose).FillUniform(0, 0, numbers_);
  }
  double Between(double least, double most) { return least + (most - least) * numbers_[next_++]; }
  template <class T>
  T OneOf(std::span<const T> items) {
    return items[static_cast<std::size_t>(Between(0, static_cast<double>(items.size())))];
  }

 private:
  std::array<float, 64> numbers_{};
  std::size_t next_ = 0;
};

constexpr Colour kSkins[] = {{0.96, 0.82, 0.72}, {0.93, 0.76, 0.63}, {0.88, 0.69, 0.54},
                             {0.80, 0.60, 0.45}, {0.66, 0.47, 0.34}, {0.52, 0.36, 0.26}};
// From the commonest with dark skin to the rarest.
constexpr Colour kHairs[] = {{0.09, 0.07, 0.06}, {0.17, 0.11, 0.08}, {0.30, 0.19, 0.12},
                             {0.43, 0.27, 0.14}, {0.62, 0.45, 0.24}, {0.45, 0.43, 0.42}};
constexpr Colour kIrises[] = {
    {0.22, 0.13, 0.08}, {0.32, 0.20, 0.10}, {0.28, 0.42, 0.52}, {0.30, 0.42, 0.27}};
constexpr Colour kClothes[] = {{0.20, 0.25, 0.38}, {0.45, 0.18, 0.20}, {0.22, 0.36, 0.30},
                               {0.35, 0.35, 0.37}, {0.62, 0.58, 0.50}, {0.28, 0.20, 0.34}};
constexpr HairStyle kStyles[] = {HairStyle::kShort, HairStyle::kLong, HairStyle::kBun,
                                 HairStyle::kCrop};

}  // namespace

Identity DrawIdentity(std::int64_t seed, const std::string& subject) {
  Draws draws(seed, subject, "face");
  Identity face;
  face.skin = draws.Between(0.94, 1.03) * draws.OneOf<Colour>(kSkins);
  const bool fair = face.skin.red > 0.85;
  face.hair = draws.Between(0.8, 1.15) * draws.OneOf<Colour>(std::span(kHairs, fair ? 6 : 2));
  face.iris = draws.OneOf<Colour>(std::span(kIrises, fair ? 4 : 2));
  face.clothes = draws.OneOf<Colour>(kClothes);
  const double wall = draws.Between(0.55, 0.85);
  face.wall = {wall * draws.Between(0.92, 1.05), wall, wall * draws.Between(0.95, 1.1)};
  face.hair_style = draws.OneOf<HairStyle>(kStyles);
  face.width = draws.Between(0.93, 1.05);
  face.jaw = draws.Between(0.85, 1.12);
  face.chin = draws.Between(1.12, 1.26);
  face.eye_distance = draws.Between(0.39, 0.45);
  face.eye_size = draws.Between(0.92, 1.1);
  face.brow_thickness = draws.Between(0.75, 1.35);
  face.brow_height = draws.Between(-0.025, 0.025);
  face.brow_slope = draws.Between(-0.02, 0.02);
  face.nose_length = draws.Between(0.30, 0.37);
  face.nose_width = draws.Between(0.15, 0.20);
  face.mouth_width = draws.Between(0.31, 0.37);
  face.lip_thickness = draws.Between(0.8, 1.25);
  face.mouth_height = draws.Between(0.64, 0.69);
  face.light_side = draws.Between(-1, 1);
  face.light = draws.Between(0.88, 1.06);
  return face;
}

Pose DrawPose(std::int64_t seed, const std::string& subject, const std::string& clip) {
  Draws habit(seed, subject, "pose");
  Draws draws(seed, clip, "pose");
  Pose pose;
  pose.sine = habit.Between(-0.04, 0.04) + draws.Between(-0.02, 0.02);
  pose.turn = habit.Between(-0.05, 0.05) + draws.Between(-0.02, 0.02);
  pose.nod = habit.Between(-0.03, 0.03) + draws.Between(-0.01, 0.01);
  pose.shift_x = draws.Between(-0.06, 0.06);
  pose.shift_y = draws.Between(-0.05, 0.05);
  pose.scale = habit.Between(0.96, 1.04);
  return pose;
}

}  // namespace unmask
