// Operand A of the map unit from a color: drops the header and keeps up to two words ahead of need.
//
// available_o: word_o holds the elements of the next beat (four bytes, used up by issue_i as the beat goes). A
// message that ends too early reads as zeros from there on; what is too long is dropped up to `last`; both are an
// error (one cycle). done_o: no message is expected (any more).

module map_color (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic [2:0]   beat_i,

  input  logic [15:0]  nonempty_i,
  output logic         take_o,
  output logic [3:0]   take_color_o,
  input  logic         take_gnt_i,
  input  logic [31:0]  take_data_i,
  input  logic         take_last_i,

  output logic         used_o,
  output logic         available_o,
  output logic [31:0]  word_o,
  output logic [1:0]   offset_o,       // of the next beat in the word, in bytes
  input  logic         issue_i,
  input  logic         last_i,         // ... the last beat

  output logic         done_o,
  output logic         error_o,
  output logic [3:0]   error_color_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;

  localparam logic [1:0] PhaseHeader = 2'd0;    // of the message that is being taken
  localparam logic [1:0] PhaseElements = 2'd1;
  localparam logic [1:0] PhaseExcess = 2'd2;

  logic        used_q, message_q;   // message_q: its last word has not been taken
  logic [1:0]  phase_q;
  logic [3:0]  color_q;
  logic [15:0] words_left_q;        // of elements
  logic [2:0]  advance_q;           // bytes of a beat
  logic [1:0]  offset_q;
  logic [1:0]  count_q;             // words here
  logic [31:0] word0_q, word1_q;    // the older one first; zero where there is none
  logic        element_word;        // is taken

  // Apart from what the grant does: in one block the two would be a loop to a simulator.
  assign take_o = message_q & ~count_q[1] & nonempty_i[color_q];

  always_comb begin
    element_word = 1'b0;
    error_o = 1'b0;
    if (take_o && take_gnt_i) begin
      element_word = phase_q == PhaseElements;
      if (element_word) error_o = take_last_i != (words_left_q == 16'd1);
      else error_o = take_last_i && phase_q == PhaseHeader;
    end
  end

  assign take_color_o = color_q;
  assign used_o = used_q;
  assign available_o = count_q != 2'd0 || !message_q;
  assign word_o = word0_q;
  assign offset_o = offset_q;
  assign done_o = ~message_q;
  assign error_color_o = color_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin : registers
    logic [2:0] next;
    logic       pop;
    if (!rst_ni) begin
      {used_q, message_q} <= 2'b00;
      phase_q <= PhaseHeader;
      color_q <= 4'd0;
      words_left_q <= 16'd0;
      advance_q <= 3'd0;
      offset_q <= 2'd0;
      count_q <= 2'd0;
      {word0_q, word1_q} <= 64'd0;
    end else if (used_q && !start_i) begin
      pop = 1'b0;
      if (issue_i) begin
        next = {1'b0, offset_q} + advance_q;
        pop = count_q != 2'd0 && (last_i || next[2]);
        offset_q <= next[1:0];
      end
      if (pop) word0_q <= count_q[1] ? word1_q : element_word ? take_data_i : 32'd0;
      else if (element_word && count_q == 2'd0) word0_q <= take_data_i;
      if (element_word && count_q == 2'd1) word1_q <= take_data_i;
      count_q <= count_q + {1'b0, element_word} - {1'b0, pop};

      if (take_o && take_gnt_i) begin
        unique case (phase_q)
          PhaseHeader: phase_q <= PhaseElements;
          PhaseElements: if (words_left_q == 16'd1) phase_q <= PhaseExcess;
          default: ;
        endcase
        if (element_word) words_left_q <= words_left_q - 16'd1;
        if (take_last_i) message_q <= 1'b0;
      end
    end else if (start_i) begin
      used_q <= d.a_where == tessera_pkg::WhereColor;
      message_q <= d.a_where == tessera_pkg::WhereColor;
      phase_q <= PhaseHeader;
      color_q <= d.a_address[3:0];
      words_left_q <= 16'((({3'd0, d.count} << d.a_size) + 19'd3) >> 2);
      advance_q <= 3'({2'd0, beat_i} << d.a_size);
      offset_q <= 2'd0;
    end
  end

endmodule
