// All of mailslog's core.
#pragma once

#include <mailslog/address.hpp>
#include <mailslog/error.hpp>
#include <mailslog/event.hpp>
#include <mailslog/local_folder.hpp>
#include <mailslog/options.hpp>
#include <mailslog/quantity.hpp>
#include <mailslog/record.hpp>
#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>
#include <mailslog/slot.hpp>
#include <mailslog/stats.hpp>
#include <mailslog/version.hpp>
