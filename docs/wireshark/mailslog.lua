-- Dissects mailslog datagrams (docs/wire-format.md, version 1) in Wireshark and tshark: over UDP, and in mailslot writes (SMB).
--
--   tshark -X lua_script:mailslog.lua -r capture.pcap -Y 'mailslog.record.level >= 5'
--   cp mailslog.lua ~/.local/lib/wireshark/plugins/

local header_size = 24
local magic = 0x9c6d
local version = 1
local max_record_size = 16777216
local max_attributes = 4096
local max_shared_string = 255
local max_shared_names = 32
local first_later_type = 16  -- of attributes: those have a length
local max_record_number = UInt64.max() - 1

local levels = {[0] = "trace", "debug", "info", "notice", "warning", "error", "critical"}
local frame_types = {[0] = "padding", "sender", "record", "fragment", "dropped", "progress", "goodbye", "message", "announce", "request", "resend", "sharing", "check"}
local drop_reasons = {[0] = "queue full", "refused by the system", "record too large"}
local attribute_types = {[0] = "string", "signed", "unsigned", "double", "false", "true"}

local mailslog = Proto("mailslog", "mailslog")

-- What a record and a fragment both have is named mailslog.record.
local field = {
  magic = ProtoField.uint16("mailslog.magic", "Magic", base.HEX),
  version = ProtoField.uint8("mailslog.version", "Version"),
  flags = ProtoField.uint8("mailslog.flags", "Flags", base.HEX),
  sealed = ProtoField.bool("mailslog.flags.sealed", "Sealed", 8, nil, 0x01),
  slot_tag = ProtoField.uint32("mailslog.slot_tag", "Slot tag", base.HEX),
  slot = ProtoField.string("mailslog.slot", "Slot"),
  sender_id = ProtoField.uint64("mailslog.sender_id", "Sender id", base.HEX),
  datagram = ProtoField.uint64("mailslog.datagram", "Datagram number"),

  frame_type = ProtoField.uint8("mailslog.frame.type", "Frame", base.DEC, frame_types),
  frame_length = ProtoField.uint64("mailslog.frame.length", "Length"),
  frame_body = ProtoField.bytes("mailslog.frame.body", "Body"),
  surplus = ProtoField.bytes("mailslog.frame.surplus", "Surplus, of a later revision"),
  padding = ProtoField.bytes("mailslog.padding", "Padding"),

  started = ProtoField.absolute_time("mailslog.sender.started", "Started", base.UTC),
  process = ProtoField.uint64("mailslog.sender.process", "Process"),
  host = ProtoField.string("mailslog.sender.host", "Host"),
  app = ProtoField.string("mailslog.sender.app", "App"),
  age = ProtoField.uint32("mailslog.sender.age", "Age in ms"),

  record_flags = ProtoField.uint8("mailslog.record.flags", "Flags", base.HEX),
  level = ProtoField.uint8("mailslog.record.level", "Level", base.DEC, levels, 0x07),
  follows = ProtoField.bool("mailslog.record.follows", "Follows", 8, nil, 0x08),
  same_thread = ProtoField.bool("mailslog.record.same_thread", "Same thread", 8, nil, 0x10),
  same_logger = ProtoField.bool("mailslog.record.same_logger", "Same logger", 8, nil, 0x20),
  has_source = ProtoField.bool("mailslog.record.has_source", "Has source", 8, nil, 0x40),
  has_attributes = ProtoField.bool("mailslog.record.has_attributes", "Has attributes", 8, nil, 0x80),
  shares = ProtoField.uint8("mailslog.record.shares", "Shares", base.HEX),
  same_file = ProtoField.bool("mailslog.record.same_file", "Same file", 8, nil, 0x01),
  same_function = ProtoField.bool("mailslog.record.same_function", "Same function", 8, nil, 0x02),
  same_names = ProtoField.bool("mailslog.record.same_names", "Same names of attributes", 8, nil, 0x04),
  number = ProtoField.uint64("mailslog.record.number", "Number"),
  time = ProtoField.absolute_time("mailslog.record.time", "Time", base.UTC),
  delta = ProtoField.int64("mailslog.record.delta", "Delta in ns"),
  thread = ProtoField.uint64("mailslog.record.thread", "Thread"),
  logger = ProtoField.string("mailslog.record.logger", "Logger"),
  file = ProtoField.string("mailslog.record.file", "File"),
  line = ProtoField.uint64("mailslog.record.line", "Line"),
  func = ProtoField.string("mailslog.record.function", "Function"),
  attributes = ProtoField.uint64("mailslog.record.attributes", "Attributes"),
  text = ProtoField.string("mailslog.record.text", "Text"),

  attribute_name = ProtoField.string("mailslog.attribute.name", "Attribute"),
  attribute_type = ProtoField.uint8("mailslog.attribute.type", "Type", base.DEC, attribute_types),
  attribute_string = ProtoField.string("mailslog.attribute.string", "Value"),
  attribute_signed = ProtoField.int64("mailslog.attribute.signed", "Value"),
  attribute_unsigned = ProtoField.uint64("mailslog.attribute.unsigned", "Value"),
  attribute_double = ProtoField.double("mailslog.attribute.double", "Value"),
  attribute_later = ProtoField.bytes("mailslog.attribute.later", "Value, of a later revision"),

  total = ProtoField.uint64("mailslog.fragment.total", "Total"),
  offset = ProtoField.uint64("mailslog.fragment.offset", "Offset"),
  text_start = ProtoField.uint64("mailslog.fragment.text_start", "Text start"),
  piece = ProtoField.bytes("mailslog.fragment.piece", "Piece"),
  piece_text = ProtoField.string("mailslog.fragment.text", "Text in it"),

  reason = ProtoField.uint8("mailslog.dropped.reason", "Reason", base.DEC, drop_reasons),
  first = ProtoField.uint64("mailslog.dropped.first", "First"),
  count = ProtoField.uint64("mailslog.dropped.count", "Count"),

  next_number = ProtoField.uint64("mailslog.next_number", "Number of the next record"),
  message = ProtoField.bytes("mailslog.message", "Message"),
  check = ProtoField.uint32("mailslog.check", "CRC-32C", base.HEX),
  sealed_bytes = ProtoField.bytes("mailslog.sealed_bytes", "Sealed"),
}
mailslog.fields = field

local note = {
  malformed = ProtoExpert.new("mailslog.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
  other_version = ProtoExpert.new("mailslog.other_version", "Another version of the format", expert.group.UNDECODED, expert.severity.WARN),
  sealed = ProtoExpert.new("mailslog.sealed", "Encrypted", expert.group.UNDECODED, expert.severity.NOTE),
  captured_in_part = ProtoExpert.new("mailslog.captured_in_part", "The capture has only a part of it", expert.group.UNDECODED, expert.severity.NOTE),
  dropped = ProtoExpert.new("mailslog.records_dropped", "The sender dropped records", expert.group.SEQUENCE, expert.severity.WARN),
}
mailslog.experts = note

mailslog.prefs.slots = Pref.string("Slots", "", "Names of slots, separated by commas, to be shown for their tags")

-- Numbers of 64 bits are Wireshark's UInt64; plain ones are exact up to 2^53, which no length in a datagram reaches.

local function slot_tag(name)
  local hash = 0x811c9dc5
  for i = 1, #name do
    hash = UInt64(hash):bxor(UInt64(name:byte(i))):tonumber()
    hash = (hash * 0x193 + hash % 256 * 0x1000000) % 0x100000000
  end
  return hash
end

-- The name that has the tag, of those the preferences give and of the mailslot that the datagram is in.
local function slot_of_tag(tag, mailslot)
  for name in (mailslog.prefs.slots .. "," .. (mailslot or "")):gmatch("[^,]+") do
    name = name:match("^%s*(.-)%s*$"):gsub("\\", "/"):lower()
    if slot_tag(name) == tag then return name end
  end
end

-- The bits of a signed number.
local function as_time(nanoseconds)
  local second = UInt64(1000000000)
  if nanoseconds:rshift(63) == UInt64(0) then
    return NSTime.new((nanoseconds / second):tonumber(), (nanoseconds % second):tonumber())
  end
  local before = nanoseconds:bnot()  -- and 1 ns more
  return NSTime.new(-1 - (before / second):tonumber(), 999999999 - (before % second):tonumber())
end

-- For a summary, which may end in a terminal: valid UTF-8 without control characters.
local function plain(range)
  if range:len() == 0 then return "" end
  return (range:string(ENC_UTF_8):gsub("%c", " "):gsub("\xc2[\x80-\x9f]", " "))
end

-- Reads forward from `at` to `finish`. What the format does not allow is raised as {at, reason}.
local cursor = {}
cursor.__index = cursor

local function refuse(at, reason) error({at = at, reason = reason}) end

function cursor:left() return self.finish - self.at end

function cursor:take(size, what)
  if size > self:left() then refuse(self.at, what .. ": " .. self:left() .. " bytes are left of it") end
  self.at = self.at + size
  return self.tvb(self.at - size, size)
end

-- The range, and the number.
function cursor:varint(what)
  local start, value = self.at, UInt64(0)
  for shift = 0, 63, 7 do
    local byte = self:take(1, what):uint()
    if shift == 63 and byte > 1 then break end
    value = value:bor(UInt64(byte % 128):lshift(shift))
    if byte < 128 then return self.tvb(start, self.at - start), value end
  end
  refuse(start, what .. ": more than 64 bits")
end

function cursor:add_varint(tree, which, what)
  local range, value = self:varint(what)
  local item = tree:add(which, range, value)
  return value, range, item
end

function cursor:add_svarint(tree, which, what)
  local range, zigzag = self:varint(what)
  local half = zigzag:rshift(1)
  if zigzag:band(1) == UInt64(1) then half = half:bnot() end
  tree:add(which, range, Int64.new(half:lower(), half:higher()))
  return half  -- as two's complement: what sums need
end

function cursor:add_string(tree, which, what)
  local _, size = self:varint(what)
  local text = self:take(size:tonumber(), what)
  return tree:add_packet_field(which, text, ENC_UTF_8), plain(text), text
end

function cursor:add_time(tree, which, what)
  local range = self:take(8, what)
  local value = range:le_uint64()
  tree:add(which, range, as_time(value))
  return value
end

function cursor:add_rest(tree, which)
  local rest = self:take(self:left())
  tree:add_packet_field(which, rest, ENC_UTF_8)
  return plain(rest)
end

local function dissect_flags(body, tree, names)
  local range = body:take(1, "flags")
  local flags = range:uint()
  local item = tree:add(field.record_flags, range)
  for _, name in ipairs(names) do item:add(field[name], range) end
  local has = {flags = flags}
  for bit, name in ipairs({"follows", "same_thread", "same_logger", "has_source", "has_attributes"}) do
    has[name] = math.floor(flags / 2 ^ (bit + 2)) % 2 == 1
  end
  has.level = levels[flags % 8] or refuse(range:offset(), "level 7")
  return has, range
end

-- `name` is that of a record before, or nil. Returns the name, as a range.
local function dissect_attribute(body, tree, name)
  local start = body.at
  local item
  if name then
    item = tree:add_packet_field(field.attribute_name, name, ENC_UTF_8)
    item:set_generated()
  else
    item, _, name = body:add_string(tree, field.attribute_name, "name of an attribute")
  end
  local range = body:take(1, "type of an attribute")
  item:add(field.attribute_type, range)
  local what = "value of an attribute"
  local kind = attribute_types[range:uint()]
  if range:uint() >= first_later_type then
    local _, size = body:varint(what)
    local value = body:take(size:tonumber(), what)
    if value:len() > 0 then item:add(field.attribute_later, value) end
  elseif not kind then
    refuse(range:offset(), "type of an attribute: " .. range:uint())
  elseif kind == "string" then
    body:add_string(item, field.attribute_string, what)
  elseif kind == "signed" then
    body:add_svarint(item, field.attribute_signed, what)
  elseif kind == "unsigned" then
    body:add_varint(item, field.attribute_unsigned, what)
  elseif kind == "double" then
    item:add_le(field.attribute_double, body:take(8, what))
  end
  if not item.generated then item:set_len(body.at - start) end
  return name
end

local function check_number(number, at)
  if number > max_record_number then refuse(at, "a record number above 2^64 - 2") end
end

-- One function for each type of frame: dissects the body, and returns what the summary says of it.
-- `context` has the last record frame of the datagram, and the sender.
local dissect_body = {}

function dissect_body.sender(body, tree, context)
  body:add_time(tree, field.started, "started")
  local process = body:add_varint(tree, field.process, "process")
  local _, host = body:add_string(tree, field.host, "host")
  local _, app = body:add_string(tree, field.app, "app")
  if body:left() >= 4 then tree:add_le(field.age, body:take(4, "age")) end
  return app .. "[" .. tostring(process) .. "]@" .. host
end

-- The second byte of a sharing record. What it shares must have been said, and be short.
local function dissect_shares(body, tree, context, has)
  local range = body:take(1, "shares")
  local item = tree:add(field.shares, range)
  local shares = {}
  for bit, name in ipairs({"same_file", "same_function", "same_names"}) do
    item:add(field[name], range)
    shares[name] = math.floor(range:uint() / 2 ^ (bit - 1)) % 2 == 1
  end
  if range:uint() > 7 then refuse(range:offset(), "shares what is not known") end
  for name, what in pairs({same_file = "file", same_function = "func"}) do
    if shares[name] and not (has.has_source and context[what] and context[what]:len() <= max_shared_string) then
      refuse(range:offset(), "a shared " .. what)
    end
  end
  local names, size = context.names, 0
  for _, name in ipairs(names or {}) do size = size + name:len() end
  if shares.same_names and not (has.has_attributes and names and #names > 0 and #names <= max_shared_names and size <= max_shared_string) then
    refuse(range:offset(), "shared names")
  end
  return shares
end

-- The string, or the one that is shared.
local function dissect_shared(body, tree, context, which, what, shared)
  if shared then
    tree:add_packet_field(field[which], context[which], ENC_UTF_8):set_generated()
  else
    _, _, context[which] = body:add_string(tree, field[which], what)
  end
end

local function dissect_record(body, tree, context, sharing)
  local has, flags = dissect_flags(body, tree,
    {"level", "follows", "same_thread", "same_logger", "has_source", "has_attributes"})
  local shares = sharing and dissect_shares(body, tree, context, has) or {}
  if not context.record and (has.follows or has.same_thread or has.same_logger) then
    refuse(flags:offset(), "follows a record, and there is none before")
  end
  local number, time
  if has.follows then
    number = context.record.number + 1
    check_number(context.record.number, flags:offset())
    tree:add(field.number, flags, number):set_generated()
    time = context.record.time + body:add_svarint(tree, field.delta, "delta")
    tree:add(field.time, flags, as_time(time)):set_generated()
  else
    number = body:add_varint(tree, field.number, "number")
    time = body:add_time(tree, field.time, "time")
  end
  check_number(number, flags:offset())
  context.record = {number = number, time = time}
  if not has.same_thread then body:add_varint(tree, field.thread, "thread") end
  if not has.same_logger then body:add_string(tree, field.logger, "logger") end
  if has.has_source then
    dissect_shared(body, tree, context, "file", "file", shares.same_file)
    body:add_varint(tree, field.line, "line")
    dissect_shared(body, tree, context, "func", "function", shares.same_function)
  end
  if has.has_attributes then
    if shares.same_names then
      for _, name in ipairs(context.names) do dissect_attribute(body, tree, name) end
    else
      local count, range, item = body:add_varint(tree, field.attributes, "count of attributes")
      if count:tonumber() > max_attributes then refuse(range:offset(), "more than 4096 attributes") end
      context.names = {}
      for i = 1, count:tonumber() do context.names[i] = dissect_attribute(body, item) end
      item:set_len(body.at - range:offset())
    end
  end
  return "#" .. tostring(number) .. " " .. has.level .. " " .. body:add_rest(tree, field.text)
end

function dissect_body.record(body, tree, context) return dissect_record(body, tree, context, false) end
function dissect_body.sharing(body, tree, context) return dissect_record(body, tree, context, true) end

function dissect_body.fragment(body, tree)
  local has, flags = dissect_flags(body, tree, {"level", "has_source", "has_attributes"})
  if has.follows or has.same_thread or has.same_logger then refuse(flags:offset(), "a fragment that follows a record") end
  local number = body:add_varint(tree, field.number, "number")
  check_number(number, flags:offset())
  body:add_time(tree, field.time, "time")
  local total, total_range = body:add_varint(tree, field.total, "total")
  local offset, offset_range = body:add_varint(tree, field.offset, "offset")
  local text_start, text_range = body:add_varint(tree, field.text_start, "text start")
  total, offset, text_start = total:tonumber(), offset:tonumber(), text_start:tonumber()
  if total > max_record_size then refuse(total_range:offset(), "a total above 16 MiB") end
  if text_start > total then refuse(text_range:offset(), "text start behind the total") end
  local size = body:left()
  if size == 0 then refuse(body.at, "a fragment without bytes") end
  if offset + size > total then refuse(offset_range:offset(), "a piece that ends behind the total") end
  local piece = body:take(size)
  local item = tree:add(field.piece, piece)
  local before_text = math.max(text_start - offset, 0)
  if before_text < size then
    item:add_packet_field(field.piece_text, piece(before_text), ENC_UTF_8)
  end
  return string.format("#%s %s, %d to %d of %d", number, has.level, offset, offset + size, total)
end

function dissect_body.dropped(body, tree)
  local reason = body:take(1, "reason")
  tree:add(field.reason, reason)
  local first = body:add_varint(tree, field.first, "first")
  local count, range, item = body:add_varint(tree, field.count, "count")
  if count == UInt64(0) then refuse(range:offset(), "nothing dropped") end
  if count > UInt64.max() - first then refuse(range:offset(), "first and count beyond 64 bits") end
  local why = drop_reasons[reason:uint()] or "by the sender"
  item:add_proto_expert_info(note.dropped, string.format("The sender dropped %s records from #%s: %s", count, first, why))
  return string.format("%s from #%s: %s", count, first, why)
end

function dissect_body.progress(body, tree)
  return "next is #" .. tostring(body:add_varint(tree, field.next_number, "number of the next record"))
end

dissect_body.goodbye = dissect_body.progress

function dissect_body.message(body, tree)
  local size = body:left()
  if size > 0 then tree:add(field.message, body:take(size)) end
  return size .. " bytes"
end

local function crc32c(bytes)
  local crc = UInt64(0xffffffff)
  for i = 0, bytes:len() - 1 do
    crc = crc:bxor(UInt64(bytes:get_index(i)))
    for _ = 1, 8 do
      local odd = crc:band(1) == UInt64(1)
      crc = crc:rshift(1)
      if odd then crc = crc:bxor(UInt64(0x82f63b78)) end
    end
  end
  return crc:bxor(UInt64(0xffffffff)):tonumber()
end

function dissect_body.check(body, tree, context)
  local range = body:take(4, "check sum")
  tree:add_le(field.check, range)
  if range:le_uint() ~= crc32c(body.tvb(0, context.frame_at):bytes()) then refuse(range:offset(), "the check sum is not that of the datagram") end
  context.checked = true
  return string.format("0x%08x", range:le_uint())
end

local function dissect_frame(datagram, tree, context)
  if context.checked then refuse(datagram.at, "a frame after the check sum") end
  context.frame_at = datagram.at
  local type_range = datagram:take(1, "type")
  local kind = frame_types[type_range:uint()] or "unknown"
  local item = tree:add(field.frame_type, type_range)
  local start = datagram.at
  local _, length = datagram:varint("length of a frame")
  item:add(field.frame_length, datagram.tvb(start, datagram.at - start), length)
  start = datagram.at
  datagram:take(length:tonumber(), "frame of " .. tostring(length) .. " bytes")
  item:set_len(datagram.at - type_range:offset())
  local body = setmetatable({tvb = datagram.tvb, at = start, finish = datagram.at}, cursor)
  local dissect = dissect_body[kind]
  if dissect then
    local summary = dissect(body, item, context)
    item:append_text(", " .. summary)
    context.summary[#context.summary + 1] = kind == "sender" and summary or kind .. " " .. summary
  elseif body:left() > 0 then
    item:add(field.frame_body, body:take(body:left()))
  end
  if body:left() > 0 then item:add(field.surplus, body:take(body:left())) end
end

local function dissect_frames(tvb, tree, context)
  local datagram = setmetatable({tvb = tvb, at = header_size, finish = tvb:len()}, cursor)
  while datagram:left() > 0 do
    if tvb(datagram.at, 1):uint() == 0 then
      tree:add(field.padding, datagram:take(datagram:left()))
    else
      dissect_frame(datagram, tree, context)
    end
  end
end

local function is_ours(tvb) return tvb:len() >= header_size and tvb(0, 2):uint() == magic end

local function dissect_datagram(tvb, pinfo, root, mailslot)
  pinfo.cols.protocol = "mailslog"
  local tree = root:add(mailslog, tvb())
  tree:add(field.magic, tvb(0, 2))
  local version_item = tree:add(field.version, tvb(2, 1))
  local flags_item = tree:add(field.flags, tvb(3, 1))
  if tvb(2, 1):uint() ~= version then
    version_item:add_proto_expert_info(note.other_version)
    pinfo.cols.info = "version " .. tvb(2, 1):uint()
    return
  end
  flags_item:add(field.sealed, tvb(3, 1))
  tree:add_le(field.slot_tag, tvb(4, 4))
  local slot = slot_of_tag(tvb(4, 4):le_uint(), mailslot)
  if slot then tree:add(field.slot, tvb(4, 4), slot):set_generated() end
  tree:add_le(field.sender_id, tvb(8, 8))
  tree:add_le(field.datagram, tvb(16, 8))
  local context = {summary = {}}
  if tvb(3, 1):uint() % 2 == 1 then
    flags_item:add_proto_expert_info(note.sealed)
    context.summary[1] = "sealed"
    if tvb:len() > header_size then tree:add(field.sealed_bytes, tvb(header_size)) end
  else
    local good, problem = pcall(dissect_frames, tvb, tree, context)
    if not good and type(problem) ~= "table" then error(problem) end
    if not good and tvb:len() < tvb:reported_len() then
      tree:add_proto_expert_info(note.captured_in_part)
      context.summary[#context.summary + 1] = "captured in part"
    elseif not good then
      local where = math.min(problem.at, tvb:len() - 1)
      tree:add_tvb_expert_info(note.malformed, tvb(where, 1), "Malformed: " .. problem.reason)
      context.summary[#context.summary + 1] = "malformed: " .. problem.reason
    end
  end
  if slot then table.insert(context.summary, 1, slot) end
  pinfo.cols.info = table.concat(context.summary, "; ")
end

function mailslog.dissector(tvb, pinfo, root)
  if not is_ours(tvb) then return 0 end
  dissect_datagram(tvb, pinfo, root)
  return tvb:len()
end

DissectorTable.get("udp.port"):add(4424, mailslog)

mailslog:register_heuristic("udp", function(tvb, pinfo, root)
  if not is_ours(tvb) or tvb(2, 1):uint() ~= version then return false end
  mailslog.dissector(tvb, pinfo, root)
  return true
end)

-- Wireshark's mailslot dissector hands what it does not know to nobody: find it among what is dissected.
local in_mailslots = Proto("mailslog_in_mailslots", "mailslog in mailslot writes")
local mailslot_name = Field.new("mailslot.name")
local plain_data = Field.new("data.data")

function in_mailslots.dissector(_, pinfo, root)
  local name = mailslot_name()
  if not name then return end
  for _, found in ipairs({plain_data()}) do
    local tvb = found.range:tvb()
    if is_ours(tvb) then
      dissect_datagram(tvb, pinfo, root, tostring(name.value):match("^\\[^\\]*\\(.*)$"))
    end
  end
end

register_postdissector(in_mailslots)
