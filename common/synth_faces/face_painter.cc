#include "common/synth_faces/face_painter.h"

#include <cmath>

namespace unmask {

Canvas FacePainter::Paint() {
  canvas_.Gradient(1.05 * id_.wall, 0.85 * id_.wall);
  PaintBackHair();
  PaintBody();
  PaintHead();
  for (const double side : {-1.0, 1.0}) {
    PaintEye(side);
    PaintBrow(side);
    PaintCheek(side);
  }
  PaintForehead();
  PaintNose();
  PaintMouth();
  PaintFrontHair();
  canvas_.Light({id_.light_side * 0.9, -0.3}, 0.16);
  return std::move(canvas_);
}

Point FacePainter::At(double x, double y) const {
  // The middle of the face is nearest to the camera, so it moves most when the head turns.
  const double near = 1 - 0.35 * (x * x + y * y * 0.7);
  const Point turned{x * id_.width + pose_.turn * near, y + pose_.nod * near};
  const double cosine = std::sqrt(1 - pose_.sine * pose_.sine);
  return {side_ * 0.5 + Scale() * (pose_.shift_x + cosine * turned.x + pose_.sine * turned.y),
          side_ * 0.54 + Scale() * (pose_.shift_y - pose_.sine * turned.x + cosine * turned.y)};
}

Path FacePainter::Placed(std::span<const Point> points) const {
  Path path;
  path.reserve(points.size());
  for (const Point& point : points) path.push_back(At(point.x, point.y));
  return path;
}

Path FacePainter::Closed(std::initializer_list<Point> points) const {
  return Placed(ClosedSpline({points.begin(), points.size()}));
}

Path FacePainter::Open(std::initializer_list<Point> points) const {
  return Placed(Spline({points.begin(), points.size()}));
}

void FacePainter::Line(std::initializer_list<Point> points, std::initializer_list<double> widths,
                       Colour colour, double opacity, const Mask* within) {
  std::vector<double> pixels;
  pixels.reserve(widths.size());
  for (const double width : widths) pixels.push_back(width * Scale());
  canvas_.Stroke(Open(points), pixels, colour, std::min(opacity, 1.0), within);
}

void FacePainter::Shadow(double x, double y, double half_width, double half_height, Colour colour,
                         double opacity, const Mask* within) {
  canvas_.Blob(At(x, y), half_width * Scale(), half_height * Scale(), colour,
               std::min(opacity, 1.0), within);
}

Canvas DrawFace(const Identity& identity, const Pose& pose, const UnitStrengths& units, int side) {
  return FacePainter(identity, pose, units, side).Paint();
}

}  // namespace unmask
