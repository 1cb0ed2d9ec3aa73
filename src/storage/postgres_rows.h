// What one PostgreSQL statement returned, as libpq holds it. Columns are read by the type that the
// schema gives them. Made by PostgresConnection, used by PostgresTransaction. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"

struct pg_result;

namespace obolus::storage {

// Rows of one statement, all of them, in binary form.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result) : result_(result) {}
  PostgresRows(PostgresRows&& other) noexcept;
  PostgresRows(const PostgresRows&) = delete;
  PostgresRows& operator=(const PostgresRows&) = delete;
  ~PostgresRows();

  int size() const;
  std::int64_t affected() const;  // rows written, or selected

  // Columns from 0. Views last as long as the rows.
  bool IsNull(int row, int column) const;
  std::int64_t Integer(int row, int column) const;  // bigint
  bool Boolean(int row, int column) const;
  std::string_view Bytes(int row, int column) const;  // text and bytea
  base::Uuid Id(int row, int column) const;
  base::Timestamp Time(int row, int column) const { return base::FromMillis(Integer(row, column)); }
  std::optional<base::Timestamp> OptionalTime(int row, int column) const;

 private:
  pg_result* result_;
};

}  // namespace obolus::storage
