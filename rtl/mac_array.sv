// 16 lanes of int8 x int16 -> int32: products of a vector x (int8 or int16) with a matrix of int8 weights, straight
// from SRAM.
//
// A descriptor is taken with start_i while ready_o is high; it is known to be legal. Words of x (mac_source: 16
// bytes from SRAM, or 4 from a color) come with a mask of their elements that are in use and not zero. One element
// a cycle is taken from the mask, lowest first, and its weight word is read; a refused read is repeated. The word
// arrives in the next cycle and is kept; in the one after that the lanes add. A group's sums go to the accumulators
// in the cycle after its last addition, while the next group's first addition may already replace them.
//
// A group starts when its entry is not full, so that its sums never wait for the map unit. ready_o: the last word of
// x has been taken, so the next descriptor's first word is fetched while that one is worked through, and descriptors
// follow each other as groups do; after one from a color, everything has been written. done_o: everything has been
// written.

module mac_array (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  output logic         ready_o,
  output logic         done_o,
  input  logic [255:0] descriptor_i,   // mac_descriptor_t

  output logic         read_req_o,
  output logic [11:0]  read_addr_o,
  input  logic         read_gnt_i,
  input  logic [127:0] read_data_i,

  input  logic [15:0]  nonempty_i,
  output logic         take_o,
  output logic [3:0]   take_color_o,
  input  logic         take_gnt_i,
  input  logic [31:0]  take_data_i,
  input  logic         take_last_i,

  input  logic [15:0]  entry_full_i,
  output logic         acc_write_o,    // also makes the entry full
  output logic [3:0]   acc_write_entry_o,
  output logic [511:0] acc_write_data_o,

  output logic         tail_write_o,   // the sums come from a message
  output logic [7:0]   tail_o,         // last word of the last message from a color
  output logic         error_o,        // ErrorLength
  output logic [3:0]   error_color_o,
  output logic         active_o,       // a weight word was taken
  output logic         busy_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::mac_descriptor_t descriptor;
  /* verilator lint_on UNUSEDSIGNAL */
  logic       from_color;
  logic [3:0] first_element;   // of the first word of x: its elements before byte x_address

  assign descriptor = descriptor_i;
  assign from_color = descriptor.x_where == tessera_pkg::WhereColor;
  assign first_element = from_color ? 4'd0 :
                         descriptor.x_wide ? {1'b0, descriptor.x_address[3:1]} : descriptor.x_address[3:0];

  logic running_q, color_q;   // color_q: the last descriptor's x comes from a color
  logic source_empty;
  assign ready_o = color_q ? ~running_q : source_empty;
  assign done_o = ~running_q;

  // ---------------------------------------------------------------- activations

  logic         offered, offered_final, load, drained;
  logic [127:0] offered_word;
  logic [15:0]  offered_mask;
  logic         x_read, message_done, source_busy;
  logic [11:0]  x_read_addr;

  mac_source u_source (
    .clk_i, .rst_ni, .start_i, .running_i(running_q), .descriptor_i,
    .read_req_o(x_read), .read_addr_o(x_read_addr), .read_gnt_i(x_read & read_gnt_i), .read_data_i,
    .nonempty_i, .take_o, .take_color_o, .take_gnt_i, .take_data_i, .take_last_i,
    .word_valid_o(offered), .word_o(offered_word), .word_mask_o(offered_mask), .word_final_o(offered_final),
    .word_ready_i(load), .drained_i(drained), .empty_o(source_empty),
    .message_done_o(message_done), .tail_o, .error_o, .error_color_o, .busy_o(source_busy)
  );

  // ---------------------------------------------------------------- issue: an element and its weight word

  // Of the descriptor whose words come next.
  logic [11:0]  stride_q, group_stride_q;  // of weight words
  logic [11:0]  span_q;         // weight words between two words of x
  logic         wide_q;
  logic [11:0]  group_base_q;   // weight word of byte 0 of a group's first word of x
  logic [3:0]   group_entry_q;
  logic         word_first_q;   // the word that comes next is the first of a group

  // Of the word that is here.
  logic         valid_q;        // there is one
  logic [127:0] word_q;
  logic [15:0]  mask_q;         // its elements still to do; none without a word
  logic         final_q;
  logic [11:0]  base_q;         // weight word of its byte 0
  logic [11:0]  word_stride_q;
  logic         word_wide_q, word_color_q;
  logic [3:0]   entry_q;

  logic         begun_q;        // an element of the word's group has been taken

  logic         allowed;        // the word's group may start, or go on
  logic         weight_read, issue, issue_last, word_done;
  logic [15:0]  lowest;
  logic [3:0]   position, element;
  logic [15:0]  x;
  logic [11:0]  weight_addr;

  // Weight word, addition, result; see below.
  logic         fetched_q, fetched_first_q, fetched_last_q;  // an element's weight word is on read_data_i
  logic [15:0]  fetched_x_q;
  logic         add_q, add_first_q, add_last_q;              // ... is in weight_q
  logic [15:0]  add_x_q;
  logic [127:0] weight_q;
  logic         sums_q;                                      // the lanes hold a group's sums
  logic [3:0]   fetched_entry_q, add_entry_q, sums_entry_q;  // of the group
  logic         fetched_color_q, add_color_q, sums_color_q;

  assign drained = ~valid_q;

  always_comb begin
    allowed = 1'b0;
    weight_read = 1'b0;
    lowest = 16'd0;
    position = 4'd0;
    element = 4'd0;
    x = 16'd0;
    weight_addr = 12'd0;
    if (valid_q) begin
      // Sums of a group before that are on their way to the same entry will have filled it.
      allowed = begun_q | ~(entry_full_i[entry_q] | (fetched_last_q & fetched_entry_q == entry_q) |
                            (add_last_q & add_entry_q == entry_q) | (sums_q & sums_entry_q == entry_q));
      if (mask_q != 16'd0) begin
        weight_read = allowed & ~x_read;
        lowest = mask_q & (~mask_q + 16'd1);
        position = {|(lowest & 16'hff00), |(lowest & 16'hf0f0), |(lowest & 16'hcccc), |(lowest & 16'haaaa)};
        element = word_wide_q ? {1'b0, position[3:1]} : position;
        x = 16'($signed(word_q[{position, 3'd0} +: 8]));
        if (word_wide_q) x[15:8] = word_q[{position[3:1], 4'd8} +: 8];
        weight_addr = base_q + 12'(element) * word_stride_q;
      end
    end
  end

  assign read_req_o = x_read | weight_read;
  assign read_addr_o = x_read ? x_read_addr : weight_addr;
  assign active_o = weight_read & read_gnt_i;

  // A group whose last elements are zero ends with an addition of zero.
  always_comb begin
    issue = 1'b0;
    issue_last = 1'b0;
    word_done = 1'b0;
    if (valid_q) begin
      if (mask_q != 16'd0) begin
        issue = weight_read & read_gnt_i;
        word_done = issue & (mask_q == lowest);
      end else begin
        issue = final_q & allowed;
        word_done = ~final_q | allowed;
      end
      issue_last = final_q & word_done;
    end
  end

  assign load = offered & (~valid_q | word_done);

  // ---------------------------------------------------------------- weight word, addition, result

  // Sums from a message wait for its end.
  assign acc_write_o = sums_q & (~sums_color_q | message_done);
  assign tail_write_o = acc_write_o & sums_color_q;
  assign acc_write_entry_o = sums_entry_q;
  assign busy_o = source_busy | load | weight_read | word_done | fetched_q | add_q | acc_write_o;

  for (genvar i = 0; i < tessera_pkg::LaneCount; i++) begin : gen_lane
    mac_lane u_lane (
      .clk_i, .rst_ni,
      .add_i(add_q), .first_i(add_first_q), .weight_i(weight_q[i*8 +: 8]), .x_i(add_x_q),
      .sum_o(acc_write_data_o[i*32 +: 32])
    );
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : sums
    if (!rst_ni) begin
      running_q <= 1'b0;
      {fetched_q, fetched_first_q, fetched_last_q} <= 3'b000;
      fetched_x_q <= 16'd0;
      {add_q, add_first_q, add_last_q} <= 3'b000;
      add_x_q <= 16'd0;
      weight_q <= 128'd0;
      sums_q <= 1'b0;
      {fetched_entry_q, add_entry_q, sums_entry_q} <= 12'd0;
      {fetched_color_q, add_color_q, sums_color_q} <= 3'b000;
    end else if (running_q) begin
      running_q <= start_i | ~source_empty | valid_q | fetched_q | add_q | (sums_q & ~acc_write_o);
      sums_q <= (add_q & add_last_q) | (sums_q & ~acc_write_o);
      if (add_q) begin
        sums_entry_q <= add_entry_q;
        sums_color_q <= add_color_q;
      end
      add_q <= fetched_q;
      add_first_q <= fetched_first_q;
      add_last_q <= fetched_last_q;
      add_x_q <= fetched_x_q;
      add_entry_q <= fetched_entry_q;
      add_color_q <= fetched_color_q;
      if (fetched_q) weight_q <= read_data_i;
      fetched_q <= issue;
      fetched_first_q <= ~begun_q;
      fetched_last_q <= issue_last;
      fetched_x_q <= x;
      fetched_entry_q <= entry_q;
      fetched_color_q <= word_color_q;
    end else if (start_i) begin
      running_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : words
    if (!rst_ni) begin
      valid_q <= 1'b0;
      word_q <= 128'd0;
      mask_q <= 16'd0;
      final_q <= 1'b0;
      base_q <= 12'd0;
      word_stride_q <= 12'd0;
      {word_wide_q, word_color_q} <= 2'b00;
      entry_q <= 4'd0;
      begun_q <= 1'b0;
    end else if (running_q) begin
      if (issue) begin
        begun_q <= ~issue_last;
        mask_q <= mask_q & ~lowest;
      end
      if (load) begin
        valid_q <= 1'b1;
        word_q <= offered_word;
        mask_q <= offered_mask;
        final_q <= offered_final;
        base_q <= word_first_q ? group_base_q : base_q + span_q;
        word_stride_q <= stride_q;
        word_wide_q <= wide_q;
        word_color_q <= color_q;
        if (word_first_q) entry_q <= group_entry_q;
      end else if (word_done) begin
        valid_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : descriptors
    logic [11:0] stride;
    if (!rst_ni) begin
      stride_q <= 12'd0;
      group_stride_q <= 12'd0;
      span_q <= 12'd0;
      {wide_q, color_q} <= 2'b00;
      group_base_q <= 12'd0;
      group_entry_q <= 4'd0;
      word_first_q <= 1'b0;
    end else if (start_i) begin
      stride = descriptor.weight_stride[11:0];
      stride_q <= stride;
      group_stride_q <= descriptor.group_stride[11:0];
      span_q <= from_color ? stride << 2 : descriptor.x_wide ? stride << 3 : stride << 4;
      wide_q <= descriptor.x_wide & ~from_color;
      color_q <= from_color;
      group_base_q <= descriptor.weight_address[15:4] - 12'(first_element) * stride;
      group_entry_q <= descriptor.entry[3:0];
      word_first_q <= 1'b1;
    end else if (load) begin
      if (word_first_q) begin
        group_base_q <= group_base_q + group_stride_q;
        group_entry_q <= group_entry_q + 4'd1;
      end
      word_first_q <= offered_final;
    end
  end

endmodule
