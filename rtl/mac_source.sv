// The activations of the MAC array: words of x, each with a mask of the bytes that count: elements that are not zero.
//
// word_valid_o offers a word; it is gone when word_ready_i is high. word_final_o: the last word of a group. One word is kept
// when the array is not ready for it, and that is as far as this module works ahead. `drained_i`: the array holds no
// word at all, so that two may be on their way.
//
// From SRAM: 16-byte words, once per group, request in a cycle and the word in the next. From a color: the header is dropped;
// each payload word is 4 elements, offered in the cycle in which it is taken; then the tail. A message that ends too early
// counts as zeros from there on; what is too long is dropped up to `last`; both are an error (one cycle).

module mac_source (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
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

  output logic         word_valid_o,
  output logic [127:0] word_o,         // from a color: 4 elements in the low 32 bits
  output logic [15:0]  word_mask_o,
  output logic         word_final_o,
  input  logic         word_ready_i,
  input  logic         drained_i,

  output logic         message_done_o, // no message from a color is expected (any more)
  output logic [7:0]   tail_o,
  output logic         error_o,
  output logic [3:0]   error_color_o,
  output logic         busy_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::mac_descriptor_t descriptor;
  /* verilator lint_on UNUSEDSIGNAL */
  assign descriptor = descriptor_i;

  localparam logic [1:0] PhaseHeader = 2'd0;    // of the message that is being taken
  localparam logic [1:0] PhaseElements = 2'd1;
  localparam logic [1:0] PhaseTail = 2'd2;
  localparam logic [1:0] PhaseExcess = 2'd3;

  // SRAM
  logic [3:0]  groups_q;             // that have not been read completely
  logic [11:0] first_addr_q, addr_q; // SRAM words
  logic        odd_q, even_q;        // which bytes of a word are elements,
  logic [15:0] first_mask_q, final_mask_q;  // and which of the first and of the final word of a group
  logic        arriving_q, arriving_first_q, arriving_final_q;
  // Color
  logic        message_q;
  logic [1:0]  phase_q;
  logic [3:0]  color_q;
  logic [7:0]  tail_q;
  // Both
  logic [13:0] words_q, words_left_q;  // of a group; of it not yet asked for
  // The word that is kept
  logic         kept_q, kept_final_q;
  logic [15:0]  kept_mask_q;
  logic [127:0] kept_word_q;

  // ---------------------------------------------------------------- start

  logic        from_color, even, odd;
  logic [16:0] last_byte;   // of x, counted from the start of its first word
  logic [15:0] first_mask, final_mask;
  logic [13:0] words;

  always_comb begin
    from_color = 1'b0;
    even = 1'b0;
    odd = 1'b0;
    last_byte = 17'd0;
    words = 14'd0;
    first_mask = 16'd0;
    final_mask = 16'd0;
    if (start_i) begin
      from_color = descriptor.x_where == tessera_pkg::WhereColor;
      if (from_color) begin
        words = descriptor.count[15:2];
        first_mask = 16'h000f;
        final_mask = 16'h000f;
      end else begin
        even = ~(descriptor.x_step & descriptor.x_address[0]);
        odd = ~descriptor.x_step | descriptor.x_address[0];
        last_byte = {13'd0, descriptor.x_address[3:0]} +
                    (descriptor.x_step ? {descriptor.count - 16'd1, 1'b0} : {1'b0, descriptor.count - 16'd1});
        words = {1'b0, last_byte[16:4]} + 14'd1;
        first_mask = {8{odd, even}} & (16'hffff << descriptor.x_address[3:0]);
        final_mask = {8{odd, even}} & (16'hffff >> ~last_byte[3:0]);
      end
    end
  end

  // ---------------------------------------------------------------- a word comes in

  logic         taken, incoming, incoming_final;
  logic [127:0] incoming_word;
  logic [15:0]  incoming_mask;

  assign read_req_o = groups_q != 4'd0 && !kept_q && (!arriving_q || drained_i);
  assign read_addr_o = addr_q;
  assign take_o = message_q && nonempty_i[color_q] && !kept_q;
  assign take_color_o = color_q;
  assign taken = take_o & take_gnt_i;

  always_comb begin
    incoming = 1'b0;
    incoming_final = 1'b0;
    incoming_word = 128'd0;
    incoming_mask = 16'd0;
    if (arriving_q) begin
      incoming = 1'b1;
      incoming_final = arriving_final_q;
      incoming_word = read_data_i;
      incoming_mask = {8{odd_q, even_q}};
      if (arriving_first_q) incoming_mask = first_mask_q;
      if (arriving_final_q) incoming_mask = incoming_mask & final_mask_q;
      for (int i = 0; i < 16; i++) incoming_mask[i] = incoming_mask[i] & (|read_data_i[i*8 +: 8]);
    end else if (taken && phase_q == PhaseElements) begin
      incoming = 1'b1;
      incoming_final = take_last_i || words_left_q == 14'd1;
      incoming_word[31:0] = take_data_i;
      for (int i = 0; i < 4; i++) incoming_mask[i] = |take_data_i[i*8 +: 8];
    end else if (taken && phase_q == PhaseHeader) begin
      incoming = take_last_i;     // a message without elements is still a group
      incoming_final = take_last_i;
    end
  end

  assign word_valid_o = kept_q | incoming;
  assign word_o = kept_q ? kept_word_q : incoming_word;
  assign word_mask_o = kept_q ? kept_mask_q : incoming_mask;
  assign word_final_o = kept_q ? kept_final_q : incoming_final;

  // Nothing comes in while a word is kept.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) kept_q <= 1'b0;
    else if (kept_q || incoming) kept_q <= ~word_ready_i;
  end

  always_ff @(posedge clk_i) begin
    if (incoming && !word_ready_i) begin
      kept_final_q <= incoming_final;
      kept_mask_q <= incoming_mask;
      kept_word_q <= incoming_word;
    end
  end

  // ---------------------------------------------------------------- SRAM

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      groups_q <= 4'd0;
      words_q <= 14'd0;
      words_left_q <= 14'd0;
      first_addr_q <= 12'd0;
      addr_q <= 12'd0;
      odd_q <= 1'b0;
      even_q <= 1'b0;
      first_mask_q <= 16'd0;
      final_mask_q <= 16'd0;
    end else if (start_i) begin
      groups_q <= from_color ? 4'd0 : descriptor.groups[3:0];
      words_q <= words;
      words_left_q <= words;
      first_addr_q <= descriptor.x_address[15:4];
      addr_q <= descriptor.x_address[15:4];
      odd_q <= odd;
      even_q <= even;
      first_mask_q <= first_mask;
      final_mask_q <= final_mask;
    end else if (read_gnt_i) begin
      if (words_left_q == 14'd1) begin
        groups_q <= groups_q - 4'd1;
        words_left_q <= words_q;
        addr_q <= first_addr_q;
      end else begin
        words_left_q <= words_left_q - 14'd1;
        addr_q <= addr_q + 12'd1;
      end
    end else if (taken && phase_q == PhaseElements) begin
      words_left_q <= words_left_q - 14'd1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      arriving_q <= 1'b0;
      arriving_first_q <= 1'b0;
      arriving_final_q <= 1'b0;
    end else if (read_gnt_i || arriving_q) begin
      arriving_q <= read_gnt_i;
      arriving_first_q <= words_left_q == words_q;
      arriving_final_q <= words_left_q == 14'd1;
    end
  end

  // ---------------------------------------------------------------- color

  logic too_short, too_long;
  assign too_short = taken && take_last_i && (phase_q == PhaseHeader || phase_q == PhaseElements);
  assign too_long = taken && !take_last_i && phase_q == PhaseTail;
  assign error_o = too_short | too_long;
  assign error_color_o = color_q;
  assign message_done_o = ~message_q;
  assign tail_o = tail_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      message_q <= 1'b0;
      phase_q <= PhaseHeader;
      color_q <= 4'd0;
      tail_q <= 8'd0;
    end else if (start_i) begin
      message_q <= from_color;
      phase_q <= PhaseHeader;
      color_q <= descriptor.x_address[3:0];
    end else if (taken) begin
      if (take_last_i) message_q <= 1'b0;
      if (phase_q == PhaseHeader) phase_q <= PhaseElements;
      else if (phase_q == PhaseElements && words_left_q == 14'd1) phase_q <= PhaseTail;
      else if (phase_q == PhaseTail) phase_q <= PhaseExcess;
      if (phase_q == PhaseTail) tail_q <= take_data_i[7:0];
    end
  end

  assign busy_o = read_req_o | arriving_q | take_o;

endmodule
