#pragma once

/// Studies in a database, which outlive the process and are shared by many. An optional component: needs SOCI and
/// SQLite, and the target eigentune::sql.

#include <eigentune/sql/open_storage.hpp>
