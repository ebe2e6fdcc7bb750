// A face as numbers: whose it is, what it does, how it is seen. Face space: x to the right, y down,
// 1 is half the face's width; eyes at y -0.15, chin at about 1.2.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "common/synth_faces/canvas.h"

namespace unmask {

enum class HairStyle { kShort, kLong, kBun, kCrop };

// What a subject keeps through all clips.
struct Identity {
  Colour skin, hair, iris, clothes, wall;
  HairStyle hair_style = HairStyle::kShort;
  double width = 1, jaw = 1, chin = 1.2;     // of the face; jaw: 1 is middling
  double eye_distance = 0.42, eye_size = 1;  // of an eye from the middle
  double brow_thickness = 1, brow_height = 0, brow_slope = 0;
  double nose_length = 0.34, nose_width = 0.17;
  double mouth_width = 0.34, lip_thickness = 1, mouth_height = 0.66;
  double light_side = 0;  // -1 left to 1 right
  double light = 1;
};

// How the head is held in one picture.
struct Pose {
  double sine = 0;           // of the tilt, counter-clockwise
  double turn = 0, nod = 0;  // how far the nose moves sideways and down, in face space
  double shift_x = 0, shift_y = 0, scale = 1;
};

// Intensity of each action unit, 0 (absent) to 1.
class UnitStrengths {
 public:
  double operator[](int unit) const {
    const auto found = strengths_.find(unit);
    return found == strengths_.end() ? 0 : found->second;
  }
  void Set(int unit, double strength) { strengths_[unit] = strength; }

 private:
  std::map<int, double> strengths_;
};

Identity DrawIdentity(std::int64_t seed, const std::string& subject);
Pose DrawPose(std::int64_t seed, const std::string& subject, const std::string& clip);

// A square picture.
Canvas DrawFace(const Identity& identity, const Pose& pose, const UnitStrengths& units, int side);

}  // namespace unmask
