// Paints a face from back to front. Where a muscle pulls what: P. Ekman, W. V. Friesen, J. C.
// Hager, "Facial Action Coding System", 2002.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

#include "common/synth_faces/face.h"

namespace unmask {

inline constexpr Colour kDark{0.10, 0.06, 0.06};

class FacePainter {
 public:
  FacePainter(const Identity& identity, const Pose& pose, const UnitStrengths& units, int side)
      : id_(identity),
        pose_(pose),
        au_(units),
        side_(side),
        canvas_(side, side),
        shade_(Mix(0.55 * id_.skin, {0.35, 0.12, 0.10}, 0.25)),
        line_(Mix(0.38 * id_.skin, kDark, 0.35)),
        lips_(Mix(id_.skin, {0.72, 0.28, 0.30}, 0.55)) {}

  Canvas Paint();  // once

 private:
  // From face space to pixels. Widths of lines are in face space.
  double Scale() const { return side_ * 0.292 * pose_.scale; }
  Point At(double x, double y) const;
  Path Placed(std::span<const Point> points) const;
  Path Closed(std::initializer_list<Point> points) const;
  Path Open(std::initializer_list<Point> points) const;
  void Line(std::initializer_list<Point> points, std::initializer_list<double> widths,
            Colour colour, double opacity, const Mask* within = nullptr);
  void Shadow(double x, double y, double half_width, double half_height, Colour colour,
              double opacity, const Mask* within);

  // What the units do to the jaw.
  double JawDrop() const { return 0.10 * au_[26] + 0.24 * au_[27]; }
  double ChinY() const { return id_.chin + 0.9 * JawDrop() - 0.03 * au_[17]; }

  // paint_head.cc
  void PaintBackHair();
  void PaintBody();
  void PaintHead();
  void PaintFrontHair();

  // paint_eyes.cc; side is -1 (left in the picture) or 1
  struct BrowLine {
    Point in, middle, arch, out;
  };
  void PaintEye(double side);
  BrowLine BrowOf(double side) const;
  void PaintBrow(double side);
  void PaintForehead();

  // paint_mouth.cc
  // Corners, and the four curves of the lips at the middle.
  struct MouthLines {
    double corner_x, corner_y, outer_top, inner_top, inner_bottom, outer_bottom;
  };
  void PaintCheek(double side);
  void PaintNose();
  MouthLines MouthOf() const;
  static std::array<Point, 5> Lip(const MouthLines& m, double y, double bow);
  Mask Between(const std::array<Point, 5>& top, const std::array<Point, 5>& bottom) const;
  void PaintMouth();
  void PaintTeeth(const MouthLines& m, double gap, const Mask& opening);
  void PaintCorner(double side, const MouthLines& m);
  void PaintChin(const MouthLines& m);

  const Identity& id_;
  const Pose& pose_;
  const UnitStrengths& au_;
  int side_;
  Canvas canvas_;
  Mask head_;
  Colour shade_, line_, lips_;
};

}  // namespace unmask
